// The columns of users and devices, in the order in which rows are read and bound.
//
// For .cc files of this room alone.
#pragma once

#define MUSTER_USER_COLUMNS \
  "number,id,full_name,email,language,managed_apple_account,managed_distribution,location"
#define MUSTER_DEVICE_COLUMNS                                                                   \
  "number,id,name,user,platform,enrollment,serial,topic,push_token,push_magic,user_push_token," \
  "user_push_magic,registered_at_ms,active,udid,imei,meid"
