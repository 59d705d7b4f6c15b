/* What a leg plays: a queue of prompts, cut into frames without a gap between them. */
#ifndef RB_PLAYOUT_H
#define RB_PLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prompt.h"

#define RB_QUEUE 1024 /* prompts in a leg's queue; further ones are over at once */

struct rb_entry;

struct rb_playout {
    struct rb_entry *first, *last;
    size_t count;
    size_t position; /* within the first entry's prompt */
};

/* Told of every play that is over. */
typedef void (*rb_play_done)(void *context, uint32_t play);

/* Queues a prompt, of which it becomes a user; `repetitions` 0 plays until it is stopped. False where it is full. */
bool rb_playout_append(struct rb_playout *playout, uint32_t play, struct rb_prompt *prompt, uint32_t repetitions);

/* Empties the queue. */
void rb_playout_stop(struct rb_playout *playout);

static inline bool rb_playout_idle(const struct rb_playout *playout)
{
    return playout->first == NULL;
}

/* Writes the next `size` octets, the rest silence where the queue runs out, and tells of the plays that end in them. */
void rb_playout_frame(struct rb_playout *playout, enum rb_codec codec, uint8_t *frame, size_t size, rb_play_done done,
                      void *context);

#endif
