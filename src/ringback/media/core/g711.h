/* G.711: the way from one law to the other and to linear samples, a table of 256 entries each. */
#ifndef RB_G711_H
#define RB_G711_H

#include <stdint.h>

extern int16_t rb_pcmu_linear[256]; /* the signed 16-bit sample of every mu-law byte */
extern int16_t rb_pcma_linear[256];
extern uint8_t rb_pcmu_to_pcma[256]; /* every mu-law byte as the nearest A-law byte of its sign */
extern uint8_t rb_pcma_to_pcmu[256];

/* Fills the tables; to be called once before any is read. */
void rb_g711_init(void);

#endif
