/* The whole of libsrtp as one source: it compiles without a flag of its own, and no symbol of it leaves the library that
 * it is linked into. The files in libsrtp/ are as upstream wrote them; they are compiled here and not one by one. */
#include <byteswap.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

/* The system's headers are read by now: what they declare stays visible. */
#pragma GCC visibility push(hidden)

#include "libsrtp/config.h"
/* datatypes.h has its byte order functions only where HAVE_CONFIG_H is set; the others would look for <config.h>. */
#define HAVE_CONFIG_H 1
#include "libsrtp/datatypes.h"
#undef HAVE_CONFIG_H

#include "libsrtp/aes.c"
#include "libsrtp/aes_icm.c"
#include "libsrtp/alloc.c"
#include "libsrtp/auth.c"
#include "libsrtp/auth_test_cases.c"
#include "libsrtp/cipher.c"
#include "libsrtp/cipher_test_cases.c"
#include "libsrtp/crypto_kernel.c"
#include "libsrtp/datatypes.c"
#include "libsrtp/err.c"
#include "libsrtp/hmac.c"
#include "libsrtp/key.c"
#include "libsrtp/null_auth.c"
#include "libsrtp/null_cipher.c"
#include "libsrtp/rdb.c"
#include "libsrtp/rdbx.c"
#include "libsrtp/sha1.c"
#include "libsrtp/srtp.c"

#pragma GCC visibility pop
