#include "mdm/plist_guard.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <vector>

#include "mdm/plist.h"
#include "model/limits.h"
#include "tests/mdm/plists.h"

namespace muster::mdm {
namespace {

using namespace std::string_literals;

// A binary list by hand: objects, one byte of offset each unless it is wider, references of one
// byte.
std::string by_hand(const std::vector<std::string>& objects, std::size_t offset_size = 1) {
  std::string bytes = "bplist00";
  std::string offsets;
  for (const auto& object : objects) {
    for (std::size_t i = offset_size; i > 0; --i) {
      offsets += static_cast<char>(i > 2 ? 0 : bytes.size() >> (8 * (i - 1)));
    }
    bytes += object;
  }
  const auto offsets_at = bytes.size();
  const auto append_number = [&](std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes += static_cast<char>(number >> shift);
    }
  };
  bytes += offsets + std::string(6, '\0') + static_cast<char>(offset_size) + '\1';
  append_number(objects.size());
  append_number(0);
  append_number(offsets_at);
  return bytes;
}

std::string with_trailer(std::string bytes, std::size_t at, std::uint64_t number) {
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[bytes.size() - 32 + at + i] = static_cast<char>(number >> (56 - 8 * i));
  }
  return bytes;
}

TEST(PlistGuard, TellsTheFormsApart) {
  const auto xml = plist(dictionary({{"A", text("b")}}));
  EXPECT_EQ(plist_form_of(xml), PlistForm::xml);
  EXPECT_EQ(plist_form_of(binary(xml)), PlistForm::binary);
  EXPECT_EQ(plist_form_of(by_hand({"\xa1\x01", "\x51z"})), PlistForm::binary);
}

TEST(PlistGuard, RefusesWhatIsLargerThanARequest) {
  const auto most = limits::plist_bytes_max - plist(text("")).size();
  EXPECT_EQ(plist_form_of(plist(text(std::string(most, 'x')))), PlistForm::xml);
  EXPECT_EQ(plist_form_of(plist(text(std::string(most + 1, 'x')))), PlistForm::refused);
}

// Sixteen lists that each name the next one fifteen times would unfold to 15¹⁶ values.
TEST(PlistGuard, RefusesAListThatUnfoldsWithoutEnd) {
  std::vector<std::string> objects;
  for (char next = 1; next <= 14; ++next) {
    objects.push_back("\xae" + std::string(14, next));
  }
  objects.emplace_back("\x51z");
  EXPECT_EQ(plist_form_of(by_hand(objects)), PlistForm::refused);
}

// 60 kB of text, named a thousand times.
TEST(PlistGuard, RefusesATextThatIsCopiedTooOften) {
  const std::string large = "\x5f\x11\xea\x60" + std::string(60'000, 'x');
  EXPECT_EQ(plist_form_of(by_hand({"\xa1\x01", large}, 2)), PlistForm::binary);
  EXPECT_EQ(plist_form_of(by_hand({"\xa3\x01\x01\x01", large}, 2)), PlistForm::refused);
  const std::string thousand = "\xaf\x11\x03\xe8" + std::string(1000, '\1');
  EXPECT_EQ(plist_form_of(by_hand({thousand, large}, 2)), PlistForm::refused);
}

TEST(PlistGuard, RefusesAListThatHoldsItself) {
  EXPECT_EQ(plist_form_of(by_hand({std::string("\xa1\x00", 2)})), PlistForm::refused);
  EXPECT_EQ(plist_form_of(by_hand({"\xd1\x01\x02", "\x51k", std::string("\xa1\x00", 2)})),
            PlistForm::refused);
}

TEST(PlistGuard, RefusesOffsetsAndCountsBeyondTheBytes) {
  const auto good = by_hand({"\x51z"});
  ASSERT_EQ(plist_form_of(good), PlistForm::binary);
  for (const std::uint64_t wrong : {std::uint64_t{2}, std::uint64_t{1} << 32, ~std::uint64_t{0}}) {
    EXPECT_EQ(plist_form_of(with_trailer(good, 8, wrong)), PlistForm::refused);   // objects
    EXPECT_EQ(plist_form_of(with_trailer(good, 16, wrong)), PlistForm::refused);  // root
    EXPECT_EQ(plist_form_of(with_trailer(good, 24, wrong)), PlistForm::refused);  // offsets
  }
  EXPECT_EQ(plist_form_of(with_trailer(good, 8, 0)), PlistForm::refused);
  for (const std::string object : {"\x5a",
                                   "\x5f",
                                   "\x5f\x13\xff\xff\xff\xff\xff\xff\xff\xff",
                                   "\x5f\x51",
                                   "\x5f\x14",
                                   "\x4f\x12\xff\xff\xff\xff",
                                   "\x6f\x13\x80",
                                   "\xaf\x12\xff\xff\xff\xff",
                                   "\xa2\x01",
                                   "\xdf\x12\xff\xff\xff\xff",
                                   "\xd1\x07\x07",
                                   "\xd2",
                                   "\x15",
                                   "\x18",
                                   "\x21",
                                   "\x33",
                                   "\x32",
                                   "\x88",
                                   "\x87",
                                   "\xf0",
                                   "\x01",
                                   "\xd1\x01\x01"}) {
    EXPECT_EQ(plist_form_of(by_hand({object, "\x10\x01"})), PlistForm::refused) << object;
  }
  auto wrong_sizes = good;
  wrong_sizes[good.size() - 26] = 9;
  EXPECT_EQ(plist_form_of(wrong_sizes), PlistForm::refused);
  wrong_sizes[good.size() - 26] = 0;
  EXPECT_EQ(plist_form_of(wrong_sizes), PlistForm::refused);
}

TEST(PlistGuard, RefusesEntitiesAndDeclarations) {
  const std::string value = "<plist version=\"1.0\"><string>x</string></plist>";
  EXPECT_EQ(plist_form_of("<!DOCTYPE plist>" + value), PlistForm::xml);
  for (const std::string before :
       {"<!DOCTYPE plist [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>",
        "<!DOCTYPE plist [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>", "<!ENTITY a \"b\">",
        "<!ELEMENT plist ANY>", "<!DOCTYPE plist", "<?xml version=\"1.0\"", "<!-- ", "</plist>"}) {
    EXPECT_EQ(plist_form_of(before + value), PlistForm::refused) << before;
  }
  EXPECT_EQ(plist_form_of("<plist><dict a=\"<array>\"></dict></plist>"), PlistForm::refused);
  EXPECT_EQ(plist_form_of("<plist><string><![CDATA[x</string></plist>"), PlistForm::refused);
  EXPECT_EQ(plist_form_of("<plist><string>a"), PlistForm::refused);
  EXPECT_EQ(plist_form_of(std::string("<plist></plist>\0", 16)), PlistForm::refused);
}

// libplist 2.2 aborts over such a key; a fuzzer found it.
TEST(PlistGuard, RefusesTextsAndKeysThatHoldANul) {
  const std::string one = "\x10\x01";
  EXPECT_EQ(plist_form_of(by_hand({"\xd1\x01\x02", std::string("\x62\0k\0k", 5), one})),
            PlistForm::binary);
  EXPECT_EQ(plist_form_of(by_hand({"\xd1\x01\x02", std::string("\x62\0k\0\0", 5), one})),
            PlistForm::refused);
  EXPECT_EQ(plist_form_of(by_hand({"\xd1\x01\x02", std::string("\x52k\0", 3), one})),
            PlistForm::refused);
  EXPECT_FALSE(read_plist(plist("<string>a&#0;b</string>")));
  EXPECT_FALSE(read_plist(plist("<dict><key>a&#x0;</key><true/></dict>")));
}

TEST(PlistGuard, RefusesSurrogatesOutsideAPair) {
  EXPECT_EQ(plist_form_of(by_hand({"\x62\xd8\x3d\xde\x00"s})), PlistForm::binary);
  EXPECT_EQ(plist_form_of(by_hand({"\x62\xd8\x3d\xd8\x3d"s})), PlistForm::refused);
  EXPECT_EQ(plist_form_of(by_hand({"\x61\xd8\x3d"s})), PlistForm::refused);
  EXPECT_EQ(plist_form_of(by_hand({"\x61\xde\x00"s})), PlistForm::refused);
}

TEST(PlistGuard, TakesCommentsAndCharacterData) {
  const auto value = read_plist(plist("<!-- <array> --><string><![CDATA[<a&b>]]></string>"));
  ASSERT_TRUE(value);
  EXPECT_EQ(value->bytes, "<a&b>");
}

TEST(PlistGuard, LeavesEntitiesThatNobodyDeclaredToTheLibraryWhichRefusesThem) {
  EXPECT_FALSE(read_plist(plist("<string>&lol;</string>")));
}

// A hundred requests of the worst kinds leave the process as small as it was.
TEST(PlistGuard, KeepsTheMemoryOfHostileListsSmall) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer keeps what was freed";
#endif
  const auto kilobytes = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  std::string deep;
  while (deep.size() + 7 < limits::plist_bytes_max) {
    deep += "<array>";
  }
  std::string wide = "<plist><array>";
  while (wide.size() + 30 < limits::plist_bytes_max) {
    wide += "<true/>";
  }
  wide += "</array></plist>";
  const auto before = kilobytes();
  for (int round = 0; round < 100; ++round) {
    EXPECT_FALSE(read_plist(deep));
    EXPECT_TRUE(read_plist(wide));
  }
  EXPECT_LT(kilobytes() - before, 32 * 1024);
}

}  // namespace
}  // namespace muster::mdm
