/*
 * A module that is built again and again. `ANSWER` is what it answers.
 *
 * - `answer`: answers at once, with what its neighbour says if it has one (`NEIGHBOUR`)
 * - `wait`: answers once there is a file `GATE`
 *
 * The file `TRACE` gets a line `loaded ANSWER` for each time that it is loaded, and `opened ANSWER`
 * and `closed ANSWER` for each of its states. `OLD` makes it one for an earlier version of the
 * border, `OTHER` one without `answer`, and `STUCK` one that is never done with being loaded.
 */
#include <stdio.h>

#include "micro.h"

#ifdef OLD
#undef MICRO_ABI_VERSION
#define MICRO_ABI_VERSION 0
#endif

static void trace(const char *line)
{
    FILE *file = fopen(TRACE, "a");

    if (file != NULL) {
        fputs(line, file);
        fclose(file);
    }
}

__attribute__((constructor)) static void construct(void)
{
    trace("loaded " ANSWER "\n");
#ifdef STUCK
    for (;;)
        getchar();
#endif
}

static const MicroHost *the_host;

static uint32_t open_state(const void *data, const MicroHost *host, const MicroConfig *config,
                           void **state, MicroReport *report)
{
    (void)data, (void)config, (void)state, (void)report;
    the_host = host;
    trace("opened " ANSWER "\n");
    return 1;
}

static void close_state(void *state)
{
    (void)state;
    trace("closed " ANSWER "\n");
}

#ifndef OTHER
#ifdef NEIGHBOUR
extern const char *neighbour(void);
#else
static const char *neighbour(void)
{
    return ANSWER;
}
#endif

static uint32_t answer_now(const void *data, void *state, const MicroRequest *request,
                           MicroAnswer *answer, MicroFuture *future)
{
    (void)data, (void)state, (void)request, (void)future;
    return micro_answer_text(answer, 200, micro_text(neighbour()));
}
#endif

static void look(void *data, uint32_t is_due)
{
    MicroResponder *responder = data;
    FILE *gate = is_due ? fopen(GATE, "r") : NULL;

    if (gate != NULL) {
        fclose(gate);
        micro_respond_text(responder, 200, MICRO_TEXT(ANSWER));
    } else if (is_due) {
        micro_after(the_host, 1000000, look, responder);
    } else {
        micro_respond_problem(responder, 503, MICRO_TEXT("the gate was never there"));
    }
}

static uint32_t wait_for_gate(const void *data, void *state, const MicroRequest *request,
                              MicroAnswer *answer, MicroFuture *future)
{
    (void)data, (void)state, (void)answer, (void)future;
    look(micro_delay(request), 1);
    return MICRO_DONE;
}

MICRO_MODULE_WITH("rebuilt", "1.0.0", open_state, close_state,
#ifndef OTHER
                  MICRO_HANDLER("answer", answer_now, "Answers at once"),
#endif
                  MICRO_HANDLER("wait", wait_for_gate, "Answers later"));
