/*
 * empty - a program that does nothing, to weigh the daemon's memory against.
 */
#include "config.h"

#include <unistd.h>

int main(void)
{
	return pause() < 0 ? 0 : 1;
}
