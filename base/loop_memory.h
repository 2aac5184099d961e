/*
 * loop_memory - an event loop that finds no memory.
 *
 * libev ends its program by abort() where its arrays cannot grow. Here it is
 * given what was put by; then it waits a moment, and only then says what is
 * the matter and ends.
 */
#ifndef BASE_LOOP_MEMORY_H
#define BASE_LOOP_MEMORY_H

/* Before the first loop is made. name: of the program, kept. */
void loop_memory_guard(const char *name);

#endif
