/*
 * A task that `open` has spawned, and that uses the state for as long as it goes on.
 *
 * The state has a name, the setting `spawning.name`. `open` spawns a task that looks at its state
 * again and again, until `end` is called of this state or of another one. It then logs
 * `the task of NAME has ended`, and `the state of NAME is closed` wherever it finds that, which must
 * not be. `close` logs `closed NAME`. If the name is `refused`, `open` spawns the task and fails.
 *
 * - `name`: the name, as text
 * - `end`: ends the tasks of all states
 */
#include <stdio.h>

#include "micro.h"

#define HANDLER(name)                                                                              \
    static uint32_t name(const void *data, void *state, const MicroRequest *request,               \
                         MicroAnswer *answer, MicroFuture *future)

#define UNUSED (void)data, (void)state, (void)request, (void)answer, (void)future

#define PAUSE 1000000 /* Nanoseconds. */

typedef struct State {
    const MicroHost *host;
    char name[64];
    int is_open;
    uint64_t timer; /* Of its task. */
} State;

/* They are never freed, so that a task could look at one that is closed. */
static State states[16];
static size_t state_count;

/* Changes on the loop's thread alone. */
static int is_over;

static void log_name(const State *state, const char *before, const char *after)
{
    char line[160];
    snprintf(line, sizeof line, "%s%s%s", before, state->name, after);
    micro_log(state->host, MICRO_LEVEL_INFO, micro_text(line));
}

static void look_at(const State *state)
{
    if (!state->is_open)
        log_name(state, "the state of ", " is closed");
}

static uint32_t poll_task(void *data, const MicroWaker *waker, MicroReport *report)
{
    State *state = data;
    uint64_t now = 0;

    look_at(state);
    if (state->timer != 0)
        state->host->timer_cancel(state->timer);
    state->timer = 0;
    if (is_over)
        return MICRO_DONE;
    if (state->host->now(&now))
        state->timer = state->host->timer_set(now + PAUSE, waker);
    if (state->timer == 0) {
        micro_fail(report, MICRO_TEXT("there is no loop"));
        return MICRO_DONE;
    }
    return MICRO_PENDING;
}

static void drop_task(void *data)
{
    State *state = data;
    if (state->timer != 0)
        state->host->timer_cancel(state->timer);
    look_at(state);
    log_name(state, "the task of ", " has ended");
}

static uint32_t open_state(const void *data, const MicroHost *host, const MicroConfig *config,
                           void **state, MicroReport *report)
{
    State *opened = &states[state_count];
    MicroText name;
    MicroTask task;

    (void)data;
    if (state_count == sizeof states / sizeof *states
        || !micro_setting(config, "spawning.name", &name) || name.length >= sizeof opened->name) {
        micro_fail(report, MICRO_TEXT("there is no name for a state, or no room"));
        return 0;
    }
    state_count++;
    memset(opened, 0, sizeof *opened);
    memcpy(opened->name, name.data, name.length);
    opened->host = host;
    opened->is_open = 1;
    task.data = opened;
    task.poll = poll_task;
    task.drop = drop_task;
    if (!host->spawn(&task)) {
        micro_fail(report, MICRO_TEXT("there is no loop"));
        return 0;
    }
    if (micro_text_is(name, "refused")) {
        micro_fail(report, MICRO_TEXT("it is refused"));
        return 0;
    }
    *state = opened;
    return 1;
}

static void close_state(void *state)
{
    State *closed = state;
    look_at(closed);
    closed->is_open = 0;
    log_name(closed, "closed ", "");
}

HANDLER(name)
{
    const State *named = state;
    UNUSED;
    return micro_answer_text(answer, 200, micro_text(named->name));
}

HANDLER(end)
{
    UNUSED;
    is_over = 1;
    return micro_answer_text(answer, 200, MICRO_TEXT("over"));
}

MICRO_MODULE_WITH("spawning", "1.0.0", open_state, close_state,
                  MICRO_HANDLER("name", name, ""), MICRO_HANDLER("end", end, ""));
