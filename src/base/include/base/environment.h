#pragma once

/**
 * why_environment_settle:
 * @argv: of main()
 *
 * To be called first thing in main(). Some things can be set only in the environment at a program's start. Unless the
 * user has said something about spinning there, the program sets them and starts itself once more; where that fails, it
 * goes on as it is.
 *
 * - A thread of the team that has finished its part spins for some milliseconds before it sleeps. On a machine where
 *   something else runs too, even the program's own window, the spinning thread takes the core from the one it waits
 *   for, and a network of 5 ms can take 400. So it spins shortly.
 * - Frames and pictures are large, and come and go: in pages of 4 KB almost half the time of painting a large frame is
 *   the system's, which hands them out and clears them one by one. So the allocator asks for pages of 2 MB, unless the
 *   user has set tunables.
 */
void why_environment_settle (char **argv);
