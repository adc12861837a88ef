/* cmocka wants its own order of includes; this is it, once. */
#ifndef CRUMBTRAIL_TESTS_UNIT_CMOCKA_ALL_H
#define CRUMBTRAIL_TESTS_UNIT_CMOCKA_ALL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#endif
