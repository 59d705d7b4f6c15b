#include "playout.h"

#include <stdlib.h>
#include <string.h>

struct rb_entry {
    struct rb_entry *next;
    struct rb_prompt *prompt;
    uint32_t play;
    uint32_t repetitions; /* that are left, the running one included; 0 is without end */
};

bool rb_playout_append(struct rb_playout *playout, uint32_t play, struct rb_prompt *prompt, uint32_t repetitions)
{
    if (playout->count == RB_QUEUE)
        return false;
    struct rb_entry *entry = malloc(sizeof *entry);
    if (!entry)
        return false;
    *entry = (struct rb_entry){.prompt = rb_prompt_keep(prompt), .play = play, .repetitions = repetitions};
    if (playout->last)
        playout->last->next = entry;
    else
        playout->first = entry;
    playout->last = entry;
    playout->count++;
    return true;
}

static void drop_first(struct rb_playout *playout)
{
    struct rb_entry *entry = playout->first;
    playout->first = entry->next;
    if (!playout->first)
        playout->last = NULL;
    playout->count--;
    rb_prompt_release(entry->prompt);
    free(entry);
}

void rb_playout_stop(struct rb_playout *playout)
{
    while (playout->first)
        drop_first(playout);
    playout->position = 0;
}

/* The prompt was played to its end: it begins again, or the next one does. */
static void turn(struct rb_playout *playout, size_t size, rb_play_done done, void *context)
{
    struct rb_entry *entry = playout->first;
    playout->position = 0;
    if (entry->repetitions == 1 || size == 0) {
        uint32_t play = entry->play;
        drop_first(playout);
        done(context, play);
    } else if (entry->repetitions) {
        entry->repetitions--;
    }
}

void rb_playout_frame(struct rb_playout *playout, enum rb_codec codec, uint8_t *frame, size_t size, rb_play_done done,
                      void *context)
{
    size_t made = 0;
    while (playout->first) {
        struct rb_entry *entry = playout->first;
        size_t whole = rb_prompt_size(entry->prompt, codec);
        size_t left = whole > playout->position ? whole - playout->position : 0;
        size_t piece = left < size - made ? left : size - made;
        if (piece)
            rb_prompt_read(entry->prompt, codec, playout->position, frame + made, piece);
        made += piece;
        playout->position += piece;
        if (playout->position < whole)
            break;
        turn(playout, whole, done, context);
    }
    memset(frame + made, rb_codec_silence(codec), size - made);
}
