/* One of the cameras on the virtual bus: README.md says what its files mean. */
#ifndef BODY_H
#define BODY_H

#include <stdbool.h>

#include "vcamera.h"

enum { BODIES = 2 };

/* The path of a body's control file, in a buffer of the calling thread. */
const char *control (int body, const char *name);
bool present (int body, const char *name);
/* The number in a control file; `none` without the file, or while it is still empty. */
long number (int body, const char *name, int base, long none);

/* Is there such a body? The second one exists while the folder `second` is there. */
bool exists (int body);
/* What the driver sees from now on is this body: its card, its properties. */
void body_open (int body);

#endif
