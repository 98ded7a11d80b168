/*
 * A module of three handlers in C: one answers at once, one later, one sends JSON back.
 *
 *     cc -shared -fPIC -I handlers/api/include -o libhello.so examples/c/hello.c
 *     micro --modules . examples/c/hello.micro
 *
 *     curl localhost:12345/hello/ann
 *     time curl localhost:12345/later/2
 *     curl -d '{"a": 1}' localhost:12345/echo
 *
 * `micro.h` tells what everything means.
 */
#include "micro.h"

/* Greets the argument `name`, which is a group of the route's path. */
static uint32_t greet(const void *data, void *state, const MicroRequest *request,
                      MicroAnswer *answer, MicroFuture *future)
{
    static const char hello[] = "hello ";
    const size_t prefix = sizeof hello - 1;
    MicroText name;
    char *text;

    (void)data, (void)state, (void)future;
    if (!micro_value_text(request, micro_argument(request, "name"), &name))
        return micro_answer_problem(answer, 400, MICRO_TEXT("who are you?"));

    text = malloc(prefix + name.length);
    if (text == NULL)
        return micro_answer_internal(answer, MICRO_TEXT("no memory for a greeting"));
    memcpy(text, hello, prefix);
    memcpy(text + prefix, name.data, name.length);

    /* From here on the text is the program's, which frees it when it has been sent. */
    return micro_answer_owned(answer, 200, MICRO_TEXT("text/plain; charset=utf-8"), text,
                              prefix + name.length);
}

/* Called on the loop when the time of `later` is over, or when the service ends before. */
static void time_is_over(void *data, uint32_t is_due)
{
    MicroResponder *responder = data;

    if (is_due)
        micro_respond_text(responder, 200, MICRO_TEXT("well rested"));
    else
        micro_respond_problem(responder, 503, MICRO_TEXT("woken too early"));
}

/* Promises an answer in so many seconds. Others are served meanwhile: nothing here waits. */
static uint32_t later(const void *data, void *state, const MicroRequest *request,
                      MicroAnswer *answer, MicroFuture *future)
{
    double seconds;

    (void)data, (void)state, (void)future;
    if (!micro_value_float(request, micro_argument(request, "seconds"), &seconds) ||
        !(seconds >= 0 && seconds <= 60))
        return micro_answer_problem(answer, 400, MICRO_TEXT("0 to 60 seconds"));

    /* If this fails, it has called `time_is_over` already, so that the promise is kept. */
    micro_after(request->host, (uint64_t)(seconds * 1e9), time_is_over, micro_delay(request));
    return MICRO_DONE;
}

/* Sends the JSON in the content back as it came. */
static uint32_t echo(const void *data, void *state, const MicroRequest *request,
                     MicroAnswer *answer, MicroFuture *future)
{
    const MicroBytes body = micro_body(request);

    (void)data, (void)state, (void)future;
    if (body.length == 0)
        return micro_answer_problem(answer, 400, MICRO_TEXT("send some JSON"));
    return micro_answer_copy(answer, 200, MICRO_TEXT("application/json"), body);
}

/* What the handlers read of the path, so that `micro check` finds a route without it. */
static const MicroParameter name[] = { MICRO_PARAMETER("name", MICRO_TYPE_TEXT, 1) };
static const MicroParameter seconds[] = { MICRO_PARAMETER("seconds", MICRO_TYPE_FLOAT, 1) };

MICRO_MODULE("hello", "1.0.0",
             MICRO_HANDLER_READING("greet", greet, "Greets by name", name),
             MICRO_HANDLER_READING("later", later, "Answers after some seconds", seconds),
             MICRO_HANDLER("echo", echo, "Sends JSON back"));
