#include "loadgen/device_signer.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"

namespace muster::loadgen {
namespace {

TEST(DeviceSigner, SignsInBase64WithoutTheBody) {
  DeviceSigner signer(1);
  const std::string body = "a body that stands nowhere in its signature";
  std::vector<Byte> message;
  ASSERT_TRUE(crypto::from_base64(signer.sign(0, body), message));
  ASSERT_FALSE(message.empty());
  EXPECT_EQ(message[0], 0x30) << "a SEQUENCE of DER";
  EXPECT_EQ(as_text(message).find(body), std::string_view::npos) << "detached";
}

TEST(DeviceSigner, GivesSoManyDevicesOneIdentity) {
  // The subject's name stands in the certificate, which stands in the signature.
  const auto names = [](DeviceSigner& signer, std::uint32_t device, const std::string& name) {
    std::vector<Byte> message;
    EXPECT_TRUE(crypto::from_base64(signer.sign(device, "body"), message));
    return as_text(message).find(name) != std::string_view::npos;
  };
  DeviceSigner own(1);
  EXPECT_TRUE(names(own, 3, "device 3"));
  DeviceSigner shared(2);
  EXPECT_TRUE(names(shared, 2, "device 1"));
  EXPECT_TRUE(names(shared, 3, "device 1"));
}

TEST(DeviceSigner, NamesItsAuthority) {
  EXPECT_NE(DeviceSigner(1).authority_pem().find("BEGIN CERTIFICATE"), std::string::npos);
}

}  // namespace
}  // namespace muster::loadgen
