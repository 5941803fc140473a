#include "console/csv.h"

#include <gtest/gtest.h>

namespace muster::console {
namespace {

TEST(Csv, HasTheColumnsThatScriptsRelyOn) {
  EXPECT_EQ(csv_header,
            "invitation,user_id,user_full_name,device_id,device_name,channel,state,reason,attempts,"
            "apns_id,reply,updated_at\n");
}

TEST(Csv, QuotesWhatHoldsCommasQuotesOrLineEnds) {
  EXPECT_EQ(csv_cell("plain"), "plain");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(csv_cell("a\nb"), "\"a\nb\"");
  EXPECT_EQ(csv_cell("a\rb"), "\"a\rb\"");
}

TEST(Csv, KeepsSpreadsheetsFromTakingNamesForFormulas) {
  EXPECT_EQ(csv_cell("=1+1"), "'=1+1");
  EXPECT_EQ(csv_cell("+49"), "'+49");
  EXPECT_EQ(csv_cell("-x"), "'-x");
  EXPECT_EQ(csv_cell("@a"), "'@a");
  EXPECT_EQ(csv_cell("\t=1"), "'\t=1");
  EXPECT_EQ(csv_cell("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
  EXPECT_EQ(csv_cell("a=b"), "a=b");
}

TEST(Csv, WritesARowInTheOrderOfTheHeader) {
  Invitation row;
  row.number = 12'345;
  row.user_id = "u1";
  row.user_full_name = "Müller, Zoë";
  row.device_id = "d1";
  row.device_name = "=iPad";
  row.channel = "push";
  row.state = "failed";
  row.reason = "BadDeviceToken";
  row.attempts = 2;
  row.apns_id = "01";
  row.reply = "400 BadDeviceToken";
  row.updated_at = "2026-11-22T23:08:00.000Z";
  std::string out = "before\n";
  append_csv_row(out, row);
  EXPECT_EQ(out,
            "before\n12345,u1,\"Müller, Zoë\",d1,'=iPad,push,failed,BadDeviceToken,2,01,"
            "400 BadDeviceToken,2026-11-22T23:08:00.000Z\n");
}

}  // namespace
}  // namespace muster::console
