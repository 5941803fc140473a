#include "roster/block.h"

#include <algorithm>

#include "store/roster_store.h"
#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

std::vector<Byte> block_of_two() {
  BlockWriter writer(1);
  const std::vector<Byte> token(32, Byte{7});
  writer.put(BlockEntry{4097, 12, 1'700'000'000, 2, 3, token, "magic"});
  writer.put(BlockEntry{4099, 13, 5, 1, 0, {}, {}});
  return writer.finish();
}

TEST(RosterBlock, GivesBackWhatWasPut) {
  const auto bytes = block_of_two();
  ASSERT_TRUE(block_is_good(bytes, 1));
  const Block block(bytes);
  const auto target = block.at(4097);
  EXPECT_TRUE(target.known);
  EXPECT_EQ(target.user, 12U);
  EXPECT_EQ(target.registered_at_s, 1'700'000'000);
  EXPECT_EQ(target.topic, 2U);
  EXPECT_EQ(target.language, 3U);
  EXPECT_EQ(target.token.size(), 32U);
  EXPECT_EQ(target.magic, "magic");
  EXPECT_TRUE(block.at(4099).known);
  EXPECT_TRUE(block.at(4099).token.empty());
  EXPECT_FALSE(block.at(4098).known);
  EXPECT_FALSE(block.at(1).known);
  EXPECT_FALSE(Block(std::vector<Byte>()).at(4097).known);
}

TEST(RosterBlock, ForgetsATokenAndLeavesNothingOfIt) {
  auto bytes = block_of_two();
  forget_in_block(bytes, std::vector<DeviceNumber>{4097});
  ASSERT_TRUE(block_is_good(bytes, 1));
  EXPECT_TRUE(Block(bytes).at(4097).known);
  EXPECT_TRUE(Block(bytes).at(4097).token.empty());
  EXPECT_EQ(std::ranges::count(bytes, Byte{7}), 0);
}

TEST(RosterBlock, IsRefusedWhereAnyBitIsTurnedOrAByteIsMissing) {
  const auto bytes = block_of_two();
  for (std::size_t at = 0; at < bytes.size(); at += at < 200 ? 1 : 997) {
    auto damaged = bytes;
    damaged[at] ^= 0x10U;
    EXPECT_FALSE(block_is_good(damaged, 1)) << at;
  }
  EXPECT_FALSE(block_is_good(Bytes(bytes).first(bytes.size() - 1), 1));
  EXPECT_FALSE(block_is_good({}, 1));
  EXPECT_FALSE(block_is_good(bytes, 2));
}

TEST(RosterBlock, IsRefusedWhereAnEntryPointsBeyondTheHeapUnderAGoodChecksum) {
  auto bytes = block_of_two();
  put<std::uint32_t>(bytes.data() + 16 + 24 + 12, 1'000'000);
  put<std::uint32_t>(bytes.data(), checksum(Bytes(bytes).subspan(4)));
  EXPECT_FALSE(block_is_good(bytes, 1));
}

class RosterBlockStored : public RosterTest {};

TEST_F(RosterBlockStored, IsStoreCorruptWhereItIsDamaged) {
  good(import(file("flat.csv", "user_id,device_id,topic,push_token\nu,d,t," + token(1) + "\n")));
  {
    auto store = store::RosterStore::open(dir_, store::OpenMode::write);
    ASSERT_TRUE(store);
    ASSERT_TRUE(store->begin());
    auto bytes = store->block(0);
    ASSERT_TRUE(bytes);
    (*bytes)[1000] ^= 1U;
    ASSERT_TRUE(store->put_block(0, *bytes));
    ASSERT_TRUE(store->commit());
  }
  const auto block = reader().block(0);
  ASSERT_FALSE(block);
  EXPECT_EQ(block.error().code, ErrorCode::store_corrupt);
  Block reused;
  ASSERT_FALSE(reader().read_block(0, reused));
  EXPECT_FALSE(reused.at(0).known);
  const auto forgotten = roster().forget_tokens({{0, 0}});
  ASSERT_FALSE(forgotten);
  EXPECT_EQ(forgotten.error().code, ErrorCode::store_corrupt);
  NumberSet many;
  many.add_range(0, 5'000);
  const auto moved = roster().add_invited(many);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, ErrorCode::store_corrupt);
  // A set of users that names no device leaves the block alone; an import has to read it.
  const auto imported = import(file("users.csv", "user_id,full_name\nv,V\n"));
  EXPECT_EQ(refusal(imported), "roster.db: the database is damaged");
  // What was damaged is derived: importing its rows anew mends it.
  good(import(file("devices.csv", "device_id,name\nd,Mended\n")));
  EXPECT_EQ(to_hex(target(0).token), token(1));
}

TEST_F(RosterBlockStored, IsReadIntoTheMemoryOfAnother) {
  good(import(file("flat.csv", "user_id,device_id,topic,push_token\nu,d,t," + token(1) + "\n")));
  auto block = reader().block(0);
  ASSERT_TRUE(block);
  EXPECT_TRUE(block->at(0).known);
  ASSERT_TRUE(reader().read_block(7, *block));
  EXPECT_FALSE(block->at(0).known) << "there is no block 7, and of block 0 nothing is left";
  ASSERT_TRUE(reader().read_block(0, *block));
  EXPECT_EQ(to_hex(block->at(0).token), token(1));
}

TEST(RosterStores, NamesADirectoryWithoutARoster) {
  const auto reader = RosterReader::open(testing::TempDir() + "no-such-directory");
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().cause.code, ErrorCode::not_found);
  EXPECT_FALSE(Roster::open(testing::TempDir() + "no-such-directory"));
}

}  // namespace
}  // namespace muster::roster
