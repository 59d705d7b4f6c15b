/* Ours, in the place of what libsrtp's configure writes: Linux, its own AES and SHA-1, no debug output. */
#ifndef RB_LIBSRTP_CONFIG_H
#define RB_LIBSRTP_CONFIG_H

#define HAVE_BYTESWAP_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_NETINET_IN_H 1
#define HAVE_STDINT_H 1
#define HAVE_STDLIB_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_INT32_T 1
#define HAVE_UINT8_T 1
#define HAVE_UINT16_T 1
#define HAVE_UINT32_T 1
#define HAVE_UINT64_T 1

#if defined(__x86_64__) || defined(__i386__)
#define CPU_CISC 1
#else
#define CPU_RISC 1
#endif

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define WORDS_BIGENDIAN 1
#endif

#define PACKAGE_STRING "libsrtp2 2.7.0"
#define PACKAGE_VERSION "2.7.0"

#endif
