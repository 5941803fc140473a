#include "mdm/plist.h"

#include <plist/plist.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/utf8.h"
#include "mdm/plist_guard.h"

namespace muster::mdm {
namespace {

struct FreePlist {
  void operator()(void* plist) const { plist_free(plist); }
};
using PlistOwner = std::unique_ptr<void, FreePlist>;
struct FreeMemory {
  void operator()(void* memory) const {
    std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc): libplist's, by malloc
  }
};

// NOLINTBEGIN(misc-no-recursion): plist_depth_max levels at most

bool convert(plist_t node, std::size_t depth, PlistValue& into);

bool convert_array(plist_t node, std::size_t depth, PlistValue& into) {
  into.kind = PlistValue::Kind::array;
  void* iterator = nullptr;
  plist_array_new_iter(node, &iterator);
  const std::unique_ptr<void, FreeMemory> owner(iterator);
  for (;;) {
    plist_t item = nullptr;
    plist_array_next_item(node, iterator, &item);
    if (item == nullptr) {
      return true;
    }
    if (!convert(item, depth + 1, into.members.emplace_back())) {
      return false;
    }
  }
}

bool convert_dictionary(plist_t node, std::size_t depth, PlistValue& into) {
  into.kind = PlistValue::Kind::dictionary;
  void* iterator = nullptr;
  plist_dict_new_iter(node, &iterator);
  const std::unique_ptr<void, FreeMemory> owner(iterator);
  for (;;) {
    plist_t item = nullptr;
    char* key = nullptr;
    plist_dict_next_item(node, iterator, &key, &item);
    const std::unique_ptr<char, FreeMemory> key_owner(key);
    if (item == nullptr) {
      return true;
    }
    auto& member = into.members.emplace_back();
    if (key == nullptr || !convert(item, depth + 1, member)) {
      return false;
    }
    member.key = key;
  }
}

bool convert_bytes(const char* bytes, std::uint64_t size, PlistValue::Kind kind, PlistValue& into) {
  into.kind = kind;
  if (bytes != nullptr) {
    into.bytes.assign(bytes, size);
  }
  return kind == PlistValue::Kind::data || first_not_text(into.bytes) == into.bytes.size();
}

bool convert(plist_t node, std::size_t depth, PlistValue& into) {
  if (depth > plist_depth_max) {
    return false;
  }
  std::uint64_t number = 0;
  std::uint8_t truth = 0;
  switch (plist_get_node_type(node)) {
    case PLIST_STRING: {
      const char* text = plist_get_string_ptr(node, &number);
      return convert_bytes(text, number, PlistValue::Kind::text, into);
    }
    case PLIST_DATA: {
      const char* bytes = plist_get_data_ptr(node, &number);
      return convert_bytes(bytes, number, PlistValue::Kind::data, into);
    }
    case PLIST_UINT:
      into.kind = PlistValue::Kind::integer;
      plist_get_uint_val(node, &number);
      into.number = static_cast<std::int64_t>(number);  // negative ones come as two's complement
      return true;
    case PLIST_BOOLEAN:
      into.kind = PlistValue::Kind::boolean;
      plist_get_bool_val(node, &truth);
      into.number = truth != 0 ? 1 : 0;
      return true;
    case PLIST_ARRAY:
      return convert_array(node, depth, into);
    case PLIST_DICT:
      return convert_dictionary(node, depth, into);
    default:
      return true;
  }
}

// NOLINTEND(misc-no-recursion)

}  // namespace

const PlistValue* PlistValue::member(std::string_view name) const {
  if (kind != Kind::dictionary) {
    return nullptr;
  }
  const auto found = std::find_if(members.rbegin(), members.rend(),
                                  [&](const PlistValue& each) { return each.key == name; });
  return found == members.rend() ? nullptr : &*found;
}

std::string_view PlistValue::text(std::string_view name) const {
  const PlistValue* found = member(name);
  return found != nullptr && found->kind == Kind::text ? std::string_view(found->bytes)
                                                       : std::string_view();
}

std::string_view PlistValue::data(std::string_view name) const {
  const PlistValue* found = member(name);
  return found != nullptr && found->kind == Kind::data ? std::string_view(found->bytes)
                                                       : std::string_view();
}

std::optional<PlistValue> read_plist(std::string_view bytes) {
  const auto form = plist_form_of(bytes);
  if (form == PlistForm::refused) {
    return std::nullopt;
  }
  plist_t root = nullptr;
  const auto size = static_cast<std::uint32_t>(bytes.size());
  if (form == PlistForm::binary) {
    plist_from_bin(bytes.data(), size, &root);
  } else {
    plist_from_xml(bytes.data(), size, &root);
  }
  const PlistOwner owner(root);
  PlistValue value;
  if (root == nullptr || !convert(root, 0, value)) {
    return std::nullopt;
  }
  return value;
}

}  // namespace muster::mdm
