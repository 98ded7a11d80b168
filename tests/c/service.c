/*
 * A module with a state, and every kind of function.
 *
 * Its state is opened from the setting `service.color`. If that has no value, `open` fails with
 * `there is no color`; if it is `none`, `open` fails without a word; if it is `null`, `open` gives
 * a null state. `close` logs `closed COLOR after N turns`, once for each state that was opened, and
 * `a name is left` if one that was attached is not dropped yet, which must not be.
 *
 * - `color`: the color, as text
 * - `setting`: the value of the setting that the argument `name` names, as text; 404 if it has none
 * - `settings`: all settings, a line `name=value` each, in the order of their names
 * - `argument`: what the argument `value` is: its kind and its value, as text
 * - `peer`: family, address in hexadecimal and port of the peer, as text
 * - `turns`: how often `turn` was called, as text: it grows
 * - `whoami`: the name that `user` has attached; 404 if nobody has
 * - `attached`: how many attached names are not dropped yet, as text
 * - `doubled`: the argument `number`, which a function has to be able to read as an int
 * - `stamp`: wraps; adds the header `X-Stamp: COLOR` to whatever the handler answers
 * - `user`: wraps; attaches the header `X-User`, twice, and goes on; 401 without it
 * - `closed_door`: wraps; answers 403 and never goes on
 * - `lost`: wraps; neither answers nor goes on: 500
 * - `shortcut`: wraps; goes on, and drops the handler's future unpolled: 202
 * - `ready`: a job that is done at once; logs `ready COLOR`
 * - `ready_later`: a job that is done after 20 ms; logs `ready later COLOR`
 * - `fails`: a job that fails with `no good`
 * - `fails_later`: a job that fails with `no good later` after 20 ms
 * - `fails_busy`: a job that fails with `no good, and busy`, and yet fills in a task; that is never
 *   polled, and logs `not busy COLOR` when it is dropped, before its state is closed
 * - `done_busy`: a job that says that it is done, and yet fills in a task, which fails with
 *   `no good later` after 20 ms: that counts
 * - `unknown`: a job that gives 9: a failure
 * - `pending`: a job that gives PENDING without a task: a failure
 * - `turn`: counts the turns of the loop; fails with `a seventh turn` at the seventh
 * - `even`: converts to a whole number; `must be even` refuses all others
 * - `upper`: converts to text, ASCII in capitals
 * - `halves`: converts to a number that is halved; of `nan` makes one that is no number: 500
 * - `speechless`: converts to nothing and gives no reason: 500
 * - `wordy`: converts, then refuses, then converts again: the first one counts
 * - `garbled`: converts to text that is not UTF-8: 500
 */
#include <stdio.h>

#include "micro.h"

#define HANDLER(name)                                                                              \
    static uint32_t name(const void *data, void *state, const MicroRequest *request,               \
                         MicroAnswer *answer, MicroFuture *future)
#define WRAPPER(name)                                                                              \
    static uint32_t name(const void *data, void *state, const MicroRequest *request,               \
                         MicroNext *next, MicroAnswer *answer, MicroFuture *future)
#define JOB(name)                                                                                  \
    static uint32_t name(const void *data, void *state, const MicroConfig *config,                 \
                         MicroReport *report, MicroTask *task)
#define CONVERT(name)                                                                              \
    static void name(const void *data, void *state, MicroText text, MicroValueSink *sink)

#define UNUSED (void)data, (void)state, (void)request, (void)answer, (void)future
#define UNUSED_JOB (void)data, (void)state, (void)config, (void)report, (void)task
#define UNUSED_CONVERT (void)data, (void)state, (void)text, (void)sink

#define PAUSE 20000000 /* Nanoseconds. */

/* ---- The state ---- */

typedef struct State {
    const MicroHost *host;
    char *color;
    unsigned long turns;
    int attached;
} State;

static uint32_t open_state(const void *data, const MicroHost *host, const MicroConfig *config,
                           void **state, MicroReport *report)
{
    MicroText color;
    State *opened;

    (void)data;
    if (!micro_setting(config, "service.color", &color)) {
        micro_fail(report, MICRO_TEXT("there is no color"));
        return 0;
    }
    if (micro_text_is(color, "none"))
        return 0;
    if (micro_text_is(color, "null"))
        return 1;
    opened = calloc(1, sizeof *opened);
    if (opened == NULL || (opened->color = micro_text_copy(color)) == NULL) {
        free(opened);
        micro_fail(report, MICRO_TEXT("no memory for a state"));
        return 0;
    }
    opened->host = host;
    *state = opened;
    return 1;
}

static void close_state(void *state)
{
    State *closed = state;
    char line[128];

    if (closed == NULL)
        return;
    snprintf(line, sizeof line, "closed %s after %lu turns", closed->color, closed->turns);
    micro_log(closed->host, MICRO_LEVEL_INFO, micro_text(line));
    if (closed->attached != 0)
        micro_log(closed->host, MICRO_LEVEL_ERROR, MICRO_TEXT("a name is left"));
    free(closed->color);
    free(closed);
}

static const char *color_of(const void *state)
{
    return state == NULL ? "null" : ((const State *)state)->color;
}

/* ---- Handlers ---- */

static uint32_t answer_string(MicroAnswer *answer, const char *string)
{
    return micro_answer_text(answer, 200, micro_text(string));
}

HANDLER(color)
{
    UNUSED;
    return answer_string(answer, color_of(state));
}

HANDLER(setting)
{
    MicroText name, value;
    UNUSED;
    /* A text is not ended by a NUL, so the host is asked directly. */
    if (!micro_value_text(request, micro_argument(request, "name"), &name) ||
        !request->host->config_find(request->config, name, &value))
        return micro_answer_problem(answer, 404, MICRO_TEXT("it has no value"));
    return micro_answer_text(answer, 200, value);
}

HANDLER(settings)
{
    MicroText name, value;
    size_t i, length = 0;
    char *text = NULL;

    UNUSED;
    for (i = 0; request->host->config_at(request->config, i, &name, &value); i++) {
        char *longer = realloc(text, length + name.length + value.length + 2);
        if (longer == NULL) {
            free(text);
            return micro_answer_internal(answer, MICRO_TEXT("no memory for the settings"));
        }
        text = longer;
        memcpy(text + length, name.data, name.length);
        length += name.length;
        text[length++] = '=';
        if (value.length != 0)
            memcpy(text + length, value.data, value.length);
        length += value.length;
        text[length++] = '\n';
    }
    return micro_answer_owned(answer, 200, MICRO_TEXT("text/plain"), text, length);
}

HANDLER(argument)
{
    const MicroValue *value = micro_argument(request, "value");
    MicroText words = micro_text(NULL);
    char text[256];
    uint32_t truth = 0;
    int64_t whole = 0;
    uint64_t size = 0;
    double number = 0;

    UNUSED;
    if (value == NULL)
        return answer_string(answer, "undeclared");
    switch (value->kind) {
    case MICRO_VALUE_ABSENT:
        return answer_string(answer, "absent");
    case MICRO_VALUE_NULL:
        return answer_string(answer, "null");
    case MICRO_VALUE_BOOL:
        micro_value_bool(request, value, &truth);
        return answer_string(answer, truth ? "bool true" : "bool false");
    case MICRO_VALUE_INT:
        micro_value_int(request, value, &whole);
        snprintf(text, sizeof text, "int %lld", (long long)whole);
        return answer_string(answer, text);
    case MICRO_VALUE_UINT:
        micro_value_uint(request, value, &size);
        snprintf(text, sizeof text, "uint %llu", (unsigned long long)size);
        return answer_string(answer, text);
    case MICRO_VALUE_FLOAT:
        micro_value_float(request, value, &number);
        snprintf(text, sizeof text, "float %g", number);
        return answer_string(answer, text);
    case MICRO_VALUE_SPAN:
    case MICRO_VALUE_TEXT:
        micro_value_text(request, value, &words);
        snprintf(text, sizeof text, "text %.*s", (int)words.length, words.data);
        return answer_string(answer, text);
    case MICRO_VALUE_JSON:
        micro_value_json(value, &words);
        snprintf(text, sizeof text, "json %.*s", (int)words.length, words.data);
        return answer_string(answer, text);
    default:
        return answer_string(answer, "unknown");
    }
}

HANDLER(peer)
{
    MicroPeer peer;
    char text[64];
    int length, i;

    UNUSED;
    request->host->request_peer(request, &peer);
    length = snprintf(text, sizeof text, "%u ", peer.family);
    for (i = 0; i < (peer.family == 4 ? 4 : 16); i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%02x", peer.address[i]);
    snprintf(text + length, sizeof text - (size_t)length, " %u", peer.port);
    return answer_string(answer, text);
}

HANDLER(turns)
{
    char text[32];
    UNUSED;
    snprintf(text, sizeof text, "%lu", state == NULL ? 0 : ((State *)state)->turns);
    return answer_string(answer, text);
}

HANDLER(doubled)
{
    int64_t number = 0;
    char text[32];
    UNUSED;
    if (!micro_value_int(request, micro_argument(request, "number"), &number) ||
        number > INT64_MAX / 2 || number < INT64_MIN / 2)
        return micro_answer_problem(answer, 400, MICRO_TEXT("`number` is none that can be doubled"));
    snprintf(text, sizeof text, "%lld", (long long)number * 2);
    return answer_string(answer, text);
}

/* ---- What a wrapper leaves at a request ---- */

typedef struct User {
    State *state;
    char *name;
} User;

/* Its address is the key. */
static const char user_key;

static void drop_user(void *value)
{
    User *user = value;
    if (user->state != NULL)
        user->state->attached--;
    free(user->name);
    free(user);
}

static int attach_user(const MicroRequest *request, State *state, MicroText name)
{
    User *user = malloc(sizeof *user);
    if (user == NULL || (user->name = micro_text_copy(name)) == NULL) {
        free(user);
        return 0;
    }
    user->state = state;
    if (state != NULL)
        state->attached++;
    request->host->request_attach(request, &user_key, user, drop_user);
    return 1;
}

WRAPPER(user)
{
    MicroText name;
    UNUSED;
    if (!micro_header(request, "x-user", &name)) {
        request->host->next_drop(next);
        return micro_answer_problem(answer, 401, MICRO_TEXT("who are you?"));
    }
    if (!attach_user(request, state, MICRO_TEXT("nobody")) || !attach_user(request, state, name)) {
        request->host->next_drop(next);
        return micro_answer_internal(answer, MICRO_TEXT("no memory for a name"));
    }
    /* The handler's future takes the place of the wrapper's own. */
    request->host->next_run(next, request, future);
    return MICRO_PENDING;
}

HANDLER(whoami)
{
    const User *user = request->host->request_attached(request, &user_key);
    UNUSED;
    if (user == NULL)
        return micro_answer_problem(answer, 404, MICRO_TEXT("nobody"));
    return answer_string(answer, user->name);
}

HANDLER(attached)
{
    char text[16];
    UNUSED;
    snprintf(text, sizeof text, "%d", state == NULL ? 0 : ((State *)state)->attached);
    return answer_string(answer, text);
}

/* ---- Other wrappers ---- */

/* The answer of the handler is caught on its way out. */
typedef struct Stamp {
    MicroAnswer answer; /* The first, so that its address is that of the whole. */
    MicroAnswer *outer;
    MicroFuture inner;
    char *color;
} Stamp;

static uint32_t take_stamped(MicroAnswer *answer, MicroReply *reply)
{
    Stamp *stamp = (Stamp *)answer;
    MicroReply changed = *reply;
    MicroHeader *headers = calloc(reply->header_count + 1, sizeof *headers);
    uint32_t taken;

    if (headers == NULL) {
        micro_reply_drop(reply);
        changed = micro_reply_internal(MICRO_TEXT("no memory for a header"));
        return stamp->outer->take(stamp->outer, &changed);
    }
    if (reply->header_count != 0)
        memcpy(headers, reply->headers, reply->header_count * sizeof *headers);
    headers[reply->header_count].name = MICRO_TEXT("X-Stamp");
    headers[reply->header_count].value = micro_text(stamp->color);
    changed.headers = headers;
    changed.header_count = reply->header_count + 1;
    taken = stamp->outer->take(stamp->outer, &changed);
    free(headers);
    return taken;
}

static uint32_t poll_stamp(void *data, const MicroWaker *waker, MicroAnswer *answer)
{
    Stamp *stamp = data;
    stamp->outer = answer;
    return stamp->inner.poll(stamp->inner.data, waker, &stamp->answer);
}

static void drop_stamp(void *data)
{
    Stamp *stamp = data;
    if (stamp->inner.drop != NULL)
        stamp->inner.drop(stamp->inner.data);
    free(stamp->color);
    free(stamp);
}

WRAPPER(stamp)
{
    Stamp *stamp = calloc(1, sizeof *stamp);
    UNUSED;
    if (stamp == NULL || (stamp->color = micro_text_copy(micro_text(color_of(state)))) == NULL) {
        free(stamp);
        request->host->next_drop(next);
        return micro_answer_internal(answer, MICRO_TEXT("no memory for a stamp"));
    }
    stamp->answer.take = take_stamped;
    request->host->next_run(next, request, &stamp->inner);
    future->data = stamp;
    future->poll = poll_stamp;
    future->drop = drop_stamp;
    return MICRO_PENDING;
}

WRAPPER(closed_door)
{
    UNUSED;
    request->host->next_drop(next);
    return micro_answer_problem(answer, 403, MICRO_TEXT("the door is closed"));
}

WRAPPER(lost)
{
    UNUSED;
    request->host->next_drop(next);
    return MICRO_DONE;
}

WRAPPER(shortcut)
{
    MicroFuture inner;
    UNUSED;
    memset(&inner, 0, sizeof inner);
    request->host->next_run(next, request, &inner);
    if (inner.drop != NULL)
        inner.drop(inner.data);
    return micro_answer_status(answer, 202);
}

/* ---- Jobs ---- */

static void log_color(const MicroHost *host, const char *words, const char *color)
{
    char line[128];
    snprintf(line, sizeof line, "%s %s", words, color);
    micro_log(host, MICRO_LEVEL_INFO, micro_text(line));
}

JOB(ready)
{
    UNUSED_JOB;
    log_color(config->host, "ready", color_of(state));
    return MICRO_DONE;
}

JOB(fails)
{
    UNUSED_JOB;
    micro_fail(report, MICRO_TEXT("no good"));
    return MICRO_DONE;
}

JOB(pending)
{
    UNUSED_JOB;
    return MICRO_PENDING;
}

static uint32_t poll_idle(void *data, const MicroWaker *waker, MicroReport *report)
{
    (void)data, (void)waker;
    micro_fail(report, MICRO_TEXT("an idle task is polled"));
    return MICRO_DONE;
}

static void drop_idle(void *data)
{
    const State *state = data;
    log_color(state->host, "not busy", state->color);
}

JOB(fails_busy)
{
    UNUSED_JOB;
    micro_fail(report, MICRO_TEXT("no good, and busy"));
    task->data = state;
    task->poll = poll_idle;
    task->drop = drop_idle;
    return MICRO_PENDING;
}

typedef struct Chore {
    const MicroConfig *config;
    const char *color; /* As long as the state. */
    int fails;
    uint64_t due, timer;
} Chore;

static uint32_t poll_chore(void *data, const MicroWaker *waker, MicroReport *report)
{
    Chore *chore = data;
    const MicroHost *host = chore->config->host;
    uint64_t now = 0;

    if (chore->timer != 0)
        host->timer_cancel(chore->timer);
    chore->timer = 0;
    if (!host->now(&now)) {
        micro_fail(report, MICRO_TEXT("there is no loop"));
        return MICRO_DONE;
    }
    if (chore->due == 0)
        chore->due = now + PAUSE;
    if (now < chore->due) {
        chore->timer = host->timer_set(chore->due, waker);
        if (chore->timer != 0)
            return MICRO_PENDING;
        micro_fail(report, MICRO_TEXT("there is no loop"));
    } else if (chore->fails) {
        micro_fail(report, MICRO_TEXT("no good later"));
    } else {
        log_color(host, "ready later", chore->color);
    }
    return MICRO_DONE;
}

static void drop_chore(void *data)
{
    Chore *chore = data;
    if (chore->timer != 0)
        chore->config->host->timer_cancel(chore->timer);
    chore->config->host->config_release(chore->config);
    free(chore);
}

static uint32_t begin(const MicroConfig *config, const void *state, int fails, MicroReport *report,
                      MicroTask *task)
{
    Chore *chore = calloc(1, sizeof *chore);
    if (chore == NULL) {
        micro_fail(report, MICRO_TEXT("no memory for a chore"));
        return MICRO_DONE;
    }
    config->host->config_retain(config);
    chore->config = config;
    chore->color = color_of(state);
    chore->fails = fails;
    task->data = chore;
    task->poll = poll_chore;
    task->drop = drop_chore;
    return MICRO_PENDING;
}

JOB(ready_later)
{
    UNUSED_JOB;
    return begin(config, state, 0, report, task);
}

JOB(fails_later)
{
    UNUSED_JOB;
    return begin(config, state, 1, report, task);
}

JOB(done_busy)
{
    UNUSED_JOB;
    begin(config, state, 1, report, task);
    return MICRO_DONE;
}

JOB(unknown)
{
    UNUSED_JOB;
    return 9;
}

static void turn(const void *data, void *state, MicroReport *report)
{
    State *counting = state;
    (void)data;
    if (counting != NULL && ++counting->turns == 7)
        micro_fail(report, MICRO_TEXT("a seventh turn"));
}

/* ---- Conversions ---- */

static void give(MicroValueSink *sink, MicroValue value)
{
    sink->take(sink, &value);
}

CONVERT(even)
{
    int64_t number;
    UNUSED_CONVERT;
    if (micro_text_int(text, &number) && number % 2 == 0)
        give(sink, micro_value_of_int(number));
    else
        sink->refuse(sink, MICRO_TEXT("must be even"));
}

CONVERT(upper)
{
    char *copy = micro_text_copy(text), *at;
    UNUSED_CONVERT;
    if (copy == NULL) {
        sink->refuse(sink, MICRO_TEXT("must be text without NUL"));
        return;
    }
    for (at = copy; *at != '\0'; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    give(sink, micro_value_of_text(micro_text(copy)));
    free(copy);
}

CONVERT(halves)
{
    double number;
    UNUSED_CONVERT;
    if (micro_text_is(text, "nan"))
        number = strtod("nan", NULL);
    else if (!micro_text_float(text, &number)) {
        sink->refuse(sink, MICRO_TEXT("must be a number"));
        return;
    }
    give(sink, micro_value_of_float(number / 2));
}

CONVERT(speechless)
{
    UNUSED_CONVERT;
}

CONVERT(wordy)
{
    UNUSED_CONVERT;
    give(sink, micro_value_of_int(1));
    sink->refuse(sink, MICRO_TEXT("must not be asked"));
    give(sink, micro_value_of_int(2));
}

CONVERT(garbled)
{
    UNUSED_CONVERT;
    give(sink, micro_value_of_text(MICRO_TEXT("\xff")));
}

static const MicroParameter number[] = { MICRO_PARAMETER("number", MICRO_TYPE_INT, 1) };

#define LISTED(KIND, name) MICRO_##KIND(#name, name, "")

MICRO_MODULE_WITH("service", "1.0.0", open_state, close_state,
                  LISTED(HANDLER, color), LISTED(HANDLER, setting), LISTED(HANDLER, settings),
                  LISTED(HANDLER, argument), LISTED(HANDLER, peer), LISTED(HANDLER, turns),
                  LISTED(HANDLER, whoami), LISTED(HANDLER, attached),
                  MICRO_HANDLER_READING("doubled", doubled, "Doubles a number", number),
                  LISTED(WRAPPER, stamp), LISTED(WRAPPER, user), LISTED(WRAPPER, closed_door),
                  LISTED(WRAPPER, lost), LISTED(WRAPPER, shortcut),
                  LISTED(JOB, ready), LISTED(JOB, ready_later), LISTED(JOB, fails),
                  LISTED(JOB, fails_later), LISTED(JOB, fails_busy),
                  LISTED(JOB, done_busy), LISTED(JOB, unknown), LISTED(JOB, pending),
                  LISTED(TURN, turn),
                  LISTED(CONVERT, even), LISTED(CONVERT, upper), LISTED(CONVERT, halves),
                  LISTED(CONVERT, speechless), LISTED(CONVERT, wordy), LISTED(CONVERT, garbled));
