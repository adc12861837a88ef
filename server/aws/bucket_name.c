#include "server/aws/bucket_name.h"

enum { BUCKET_NAME_MAX = 255, BUCKET_NAME_MIN = 3 };

bool bucket_name_is_good(struct text name)
{
  for (size_t i = 0; i < name.length; i++) {
    char byte = name.data[i];
    bool is_alphanumeric = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
    if (!is_alphanumeric && (i == 0 || (byte != '.' && byte != '-' && byte != '_'))) {
      return false;
    }
  }
  return name.length >= BUCKET_NAME_MIN && name.length <= BUCKET_NAME_MAX;
}
