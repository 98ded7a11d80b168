/* A module that can be made wrong by macros. Nobody calls its functions. */
#include "descriptor.h"

#ifndef NAME
#define NAME "greet"
#endif
#ifndef RELEASE
#define RELEASE "1.2.0"
#endif
#ifndef FLAGS
#define FLAGS 0
#endif
#ifndef SECOND
#define SECOND "read"
#endif
#ifndef KIND
#define KIND 1
#endif
#ifndef CALL
#define CALL everyone_sees_this
#endif
#ifndef SYMBOL
#define SYMBOL micro_module
#endif
#ifndef SUMMARY
#define SUMMARY TEXT("greets")
#endif
#ifndef FUNCTIONS
#define FUNCTIONS functions
#endif
#ifndef PARAMETERS
#define PARAMETERS parameters
#endif
#ifndef TYPE
#define TYPE 2
#endif

#ifdef CONSTRUCTED
#include <stdio.h>

/* Leaves a trace, so that a test can see that code of this library has run. */
__attribute__((constructor)) static void construct(void)
{
    FILE *file = fopen(CONSTRUCTED, "w");

    if (file != NULL)
        fclose(file);
}
#endif

static void hidden(void)
{
}

void everyone_sees_this(void)
{
}

extern int puts(const char *text);
extern void nowhere(void);

static const Parameter parameters[] = {
    { TEXT("id"), TYPE, 1 },
    { TEXT("loud"), 4, 0 },
};

static const Function functions[] = {
    { TEXT("hello"), SUMMARY, 1, 0, NULL, 0, NULL, hidden },
    { TEXT(SECOND), TEXT(""), KIND, 1, PARAMETERS, COUNT(parameters), NULL, CALL },
    { TEXT("none"), TEXT("reads nothing"), 1, 1, NULL, 0, NULL, puts },
};

const Module SYMBOL = {
    VERSION, MODULE_SIZE, FUNCTION_SIZE, PARAMETER_SIZE, REQUEST_SIZE, REPLY_SIZE, HOST_SIZE, FLAGS,
    TEXT(NAME), TEXT(RELEASE), FUNCTIONS, COUNT(functions), NULL, NULL, NULL,
};
