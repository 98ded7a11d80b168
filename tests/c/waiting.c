/*
 * Answers that come later: from the loop, from threads, or never.
 *
 * - `thread`: keeps the request; a thread of the module's own answers the path after 20 ms; the
 *   request is read again and released on the loop's thread, and the log has `the request was kept`,
 *   and never `the request was changed`
 * - `after`: a timer of the loop answers `after` after 20 ms, or nobody if the service ends before
 * - `blocking`: a helper thread of the program answers `worked` after 20 ms, or nobody if the service
 *   ends before
 * - `promised`: answers `now` and has promised `later` before, which wins: 200 and `later`
 * - `broken`: breaks its promise: 500
 * - `never`: promises and keeps the responder for ever: 503 when the handler's time is over
 * - `future`: a future that answers `in the end` after 20 ms
 * - `future_at_once`: a future that answers `at once` when it is first polled
 * - `future_nothing`: a future that is done without an answer: 500
 * - `future_unknown`: a future that gives 9: 500
 * - `future_never`: a future that never wakes: 503 when the handler's time is over; it is dropped
 *   then, and also if the peer goes
 * - `future_undroppable`: as `future_at_once`, without `drop`
 * - `future_promises`: a future that promises `later`, keeps it at once, and is done without an
 *   answer of its own: 200 and `later`
 * - `nested`: forgets a timer whose waker, when it is dropped, forgets another one and sets a third:
 *   200 and `nested`
 * - `call`: calls a RESOURCE of the connection `nowhere`, with the query for its arguments, by name
 *   if that begins with `{`, and answers with what came, as text: its status and why it has failed,
 *   such as `500: arguments: the definition declares no connection `nowhere`` if it declares none
 * - `open_futures`: how many futures are not dropped yet, as text: in the end none
 * - `kept`: how many requests are kept, as text: in the end none
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "micro.h"

#define HANDLER(name)                                                                              \
    static uint32_t name(const void *data, void *state, const MicroRequest *request,               \
                         MicroAnswer *answer, MicroFuture *future)

#define UNUSED (void)data, (void)state, (void)request, (void)answer, (void)future

#define PAUSE 20000000 /* Nanoseconds. */

/* Both change on the loop's thread alone. */
static int open_futures, kept_requests;

static void pause_thread(void)
{
    struct timespec pause = { 0, PAUSE };
    nanosleep(&pause, NULL);
}

static uint32_t answer_count(MicroAnswer *answer, int count)
{
    char text[16];
    snprintf(text, sizeof text, "%d", count);
    return micro_answer_text(answer, 200, micro_text(text));
}

/* ---- A thread that answers, and a task that lets go of what was kept, on the loop's thread ---- */

typedef struct Kept {
    const MicroRequest *request;
    MicroResponder *responder;
    char *path;
    pthread_t thread;
    pthread_mutex_t lock; /* For what follows. */
    int is_over;
    int has_waker;
    MicroWaker waker;
} Kept;

static void *answer_path(void *data)
{
    Kept *kept = data;
    MicroWaker waker;
    int has_waker;

    pause_thread();
    micro_respond_text(kept->responder, 200, micro_text(kept->path));

    pthread_mutex_lock(&kept->lock);
    kept->is_over = 1;
    waker = kept->waker;
    has_waker = kept->has_waker;
    kept->has_waker = 0;
    pthread_mutex_unlock(&kept->lock);
    /* `kept` is freed when this thread has ended, not before. */
    if (has_waker) {
        waker.table->wake(&waker);
        waker.table->drop(&waker);
    }
    return NULL;
}

static uint32_t poll_kept(void *data, const MicroWaker *waker, MicroReport *report)
{
    Kept *kept = data;
    int is_over;

    (void)report;
    pthread_mutex_lock(&kept->lock);
    is_over = kept->is_over;
    if (!is_over) {
        if (kept->has_waker)
            kept->waker.table->drop(&kept->waker);
        waker->table->clone(waker, &kept->waker);
        kept->has_waker = 1;
    }
    pthread_mutex_unlock(&kept->lock);
    return is_over ? MICRO_DONE : MICRO_PENDING;
}

static void free_kept(Kept *kept)
{
    kept_requests--;
    kept->request->host->request_release(kept->request);
    pthread_mutex_destroy(&kept->lock);
    free(kept->path);
    free(kept);
}

static void drop_kept(void *data)
{
    Kept *kept = data;
    int is_same = micro_text_is(micro_path(kept->request), kept->path);

    pthread_join(kept->thread, NULL);
    if (kept->has_waker)
        kept->waker.table->drop(&kept->waker);
    micro_log(kept->request->host, MICRO_LEVEL_INFO,
              micro_text(is_same ? "the request was kept" : "the request was changed"));
    free_kept(kept);
}

HANDLER(thread)
{
    Kept *kept = calloc(1, sizeof *kept);
    char *path = micro_text_copy(micro_path(request));
    MicroTask task;

    UNUSED;
    if (kept == NULL || path == NULL || pthread_mutex_init(&kept->lock, NULL) != 0) {
        free(kept);
        free(path);
        return micro_answer_internal(answer, MICRO_TEXT("no memory for a thread"));
    }
    kept->path = path;
    kept->request = request;
    request->host->request_retain(request);
    kept_requests++;
    kept->responder = micro_delay(request);
    if (pthread_create(&kept->thread, NULL, answer_path, kept) != 0) {
        micro_respond_internal(kept->responder, MICRO_TEXT("no thread"));
        free_kept(kept);
        return MICRO_DONE;
    }
    task.data = kept;
    task.poll = poll_kept;
    task.drop = drop_kept;
    request->host->spawn(&task);
    return MICRO_DONE;
}

HANDLER(count_kept)
{
    UNUSED;
    return answer_count(answer, kept_requests);
}

/* ---- Promises ---- */

static void keep_promise(void *data, uint32_t is_due)
{
    if (is_due)
        micro_respond_text(data, 200, MICRO_TEXT("after"));
    else
        micro_respond_problem(data, 503, MICRO_TEXT("the service ends"));
}

HANDLER(after)
{
    UNUSED;
    micro_after(request->host, PAUSE, keep_promise, micro_delay(request));
    return MICRO_DONE;
}

typedef struct Labour {
    MicroResponder *responder;
} Labour;

static void run_labour(void *data)
{
    Labour *labour = data;
    pause_thread();
    micro_respond_text(labour->responder, 200, MICRO_TEXT("worked"));
    labour->responder = NULL;
}

static void drop_labour(void *data)
{
    Labour *labour = data;
    if (labour->responder != NULL)
        micro_respond_problem(labour->responder, 503, MICRO_TEXT("the service ends"));
    free(labour);
}

HANDLER(blocking)
{
    Labour *labour = malloc(sizeof *labour);
    MicroWork work;

    UNUSED;
    if (labour == NULL)
        return micro_answer_internal(answer, MICRO_TEXT("no memory for work"));
    labour->responder = micro_delay(request);
    work.data = labour;
    work.run = run_labour;
    work.drop = drop_labour;
    request->host->block(&work);
    return MICRO_DONE;
}

static void keep_later(void *data, uint32_t is_due)
{
    (void)is_due;
    micro_respond_text(data, 200, MICRO_TEXT("later"));
}

HANDLER(promised)
{
    UNUSED;
    micro_after(request->host, PAUSE, keep_later, micro_delay(request));
    return micro_answer_text(answer, 200, MICRO_TEXT("now"));
}

HANDLER(broken)
{
    UNUSED;
    request->host->responder_drop(micro_delay(request));
    return MICRO_DONE;
}

HANDLER(never)
{
    /* Volatile, so that nobody thinks it is not kept. */
    static MicroResponder *volatile for_ever;
    UNUSED;
    for_ever = micro_delay(request);
    (void)for_ever;
    return MICRO_DONE;
}

/* ---- Futures ---- */

enum manner { IN_THE_END, AT_ONCE, NOTHING, UNKNOWN, NEVER, PROMISES };

typedef struct Making {
    enum manner manner;
    const MicroRequest *request;
    uint64_t due, timer;
} Making;

static uint32_t poll_in_the_end(Making *making, const MicroWaker *waker, MicroAnswer *answer)
{
    const MicroHost *host = making->request->host;
    uint64_t now = 0;

    if (making->timer != 0)
        host->timer_cancel(making->timer);
    making->timer = 0;
    if (!host->now(&now))
        return micro_answer_internal(answer, MICRO_TEXT("there is no loop"));
    if (making->due == 0)
        making->due = now + PAUSE;
    if (now >= making->due)
        return micro_answer_text(answer, 200, MICRO_TEXT("in the end"));
    making->timer = host->timer_set(making->due, waker);
    if (making->timer == 0)
        return micro_answer_internal(answer, MICRO_TEXT("there is no loop"));
    return MICRO_PENDING;
}

static uint32_t poll_making(void *data, const MicroWaker *waker, MicroAnswer *answer)
{
    Making *making = data;
    switch (making->manner) {
    case IN_THE_END:
        return poll_in_the_end(making, waker, answer);
    case AT_ONCE:
        return micro_answer_text(answer, 200, MICRO_TEXT("at once"));
    case UNKNOWN:
        return 9;
    case NEVER:
        return MICRO_PENDING;
    case PROMISES:
        micro_respond_text(micro_delay(making->request), 200, MICRO_TEXT("later"));
        return MICRO_DONE;
    default:
        return MICRO_DONE;
    }
}

static void drop_making(void *data)
{
    Making *making = data;
    const MicroRequest *request = making->request;
    if (making->timer != 0)
        request->host->timer_cancel(making->timer);
    request->host->request_release(request);
    free(making);
    open_futures--;
}

static uint32_t make(const MicroRequest *request, MicroAnswer *answer, MicroFuture *future,
                     enum manner manner)
{
    Making *making = calloc(1, sizeof *making);
    if (making == NULL)
        return micro_answer_internal(answer, MICRO_TEXT("no memory for a future"));
    request->host->request_retain(request);
    open_futures++;
    making->manner = manner;
    making->request = request;
    future->data = making;
    future->poll = poll_making;
    future->drop = drop_making;
    return MICRO_PENDING;
}

HANDLER(future)
{
    UNUSED;
    return make(request, answer, future, IN_THE_END);
}

HANDLER(future_at_once)
{
    UNUSED;
    return make(request, answer, future, AT_ONCE);
}

HANDLER(future_nothing)
{
    UNUSED;
    return make(request, answer, future, NOTHING);
}

HANDLER(future_unknown)
{
    UNUSED;
    return make(request, answer, future, UNKNOWN);
}

HANDLER(future_never)
{
    UNUSED;
    return make(request, answer, future, NEVER);
}

HANDLER(future_undroppable)
{
    static Making making;
    UNUSED;
    making.manner = AT_ONCE;
    future->data = &making;
    future->poll = poll_making;
    future->drop = NULL;
    return MICRO_PENDING;
}

HANDLER(future_promises)
{
    UNUSED;
    return make(request, answer, future, PROMISES);
}

/* ---- A call of a connection ---- */

static void tell_failure(void *data, MicroReply *reply, MicroAnswer *answer)
{
    char text[200];
    (void)data;
    open_futures--;
    if (reply == NULL)
        return;
    snprintf(text, sizeof text, "%u: %.*s", (unsigned)reply->status, (int)reply->failure.length,
             reply->failure.data != NULL ? reply->failure.data : "");
    micro_reply_drop(reply);
    micro_answer_text(answer, 200, micro_text(text));
}

HANDLER(call)
{
    MicroText query = micro_query(request);
    MicroCall call = micro_call_of(request, "nowhere", "find", micro_text(NULL));
    UNUSED;
    if (query.length != 0 && query.data[0] == '{')
        call.named = micro_text_bytes(query);
    else
        call.arguments = micro_text_bytes(query);
    open_futures++;
    return micro_call(request, &call, tell_failure, NULL, answer, future);
}

/* ---- A waker of the module's own ---- */

/* The timer that is forgotten with the next one of them. */
static uint64_t nested_timer;
/* The one that is set meanwhile. */
static uint64_t nested_third;
static const MicroHost *nested_host;

static void clone_nest(const MicroWaker *waker, MicroWaker *clone)
{
    *clone = *waker;
}

static void wake_nest(const MicroWaker *waker)
{
    (void)waker;
}

static void drop_nest(const MicroWaker *waker)
{
    const uint64_t timer = nested_timer;
    uint64_t now = 0;
    nested_timer = 0;
    if (timer != 0) {
        nested_host->timer_cancel(timer);
        nested_host->now(&now);
        nested_third = nested_host->timer_set(now + PAUSE, waker);
    }
}

static const MicroWakerTable nest_table = { clone_nest, wake_nest, drop_nest };

HANDLER(nested)
{
    const MicroWaker waker = { NULL, NULL, &nest_table };
    uint64_t now = 0, outer;
    UNUSED;
    nested_host = request->host;
    nested_host->now(&now);
    nested_third = 0;
    outer = nested_host->timer_set(now + 600 * UINT64_C(1000000000), &waker);
    nested_timer = nested_host->timer_set(now + 700 * UINT64_C(1000000000), &waker);
    nested_host->timer_cancel(outer);
    if (nested_timer != 0 || nested_third == 0)
        return micro_answer_text(answer, 200, MICRO_TEXT("kept"));
    return micro_answer_text(answer, 200, MICRO_TEXT("nested"));
}

HANDLER(count_futures)
{
    UNUSED;
    return answer_count(answer, open_futures);
}

#define LISTED(name) MICRO_HANDLER(#name, name, "")

MICRO_MODULE("waiting", "1.0.0",
             LISTED(thread), LISTED(after), LISTED(blocking), LISTED(promised), LISTED(broken),
             LISTED(never), LISTED(future), LISTED(future_at_once), LISTED(future_nothing),
             LISTED(future_unknown), LISTED(future_never), LISTED(future_undroppable),
             LISTED(future_promises), LISTED(nested), LISTED(call),
             MICRO_HANDLER("open_futures", count_futures, ""),
             MICRO_HANDLER("kept", count_kept, ""));
