#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The real program as a child, driven over D-Bus by its actions, with its answers read from its
 * standard output. Every step waits for an answer, none for time to pass. */

typedef struct _AppDriver AppDriver;

/**
 * app_driver_start:
 * @environment: (nullable): pairs "NAME=value" on top of the test's own
 * @args: (nullable): of the program
 */
AppDriver *app_driver_start (const char *const *environment, const char *const *args);

/** app_driver_start_with: @model, @file: paths below the source folder. Returns when the map is there. */
AppDriver *app_driver_start_with (const char *model, const char *file);

/** app_driver_start_strict: a critical message ends the program, and what it says on standard error is kept */
AppDriver *app_driver_start_strict (const char *const *args);

/** app_driver_messages: Returns: (transfer full): what a strict one has said on standard error so far */
char *app_driver_messages (AppDriver *driver) G_GNUC_WARN_UNUSED_RESULT;

/** app_driver_stop: asks it to quit; fails the test unless it ends by itself with status 0. */
void app_driver_stop (AppDriver *driver);

/** app_driver_kill: ends it as a crash does. */
void app_driver_kill (AppDriver *driver);

/* Activate an action; @parameter: (nullable): floating. */
void app_driver_app (AppDriver *driver, const char *action, GVariant *parameter);
void app_driver_win (AppDriver *driver, const char *action, GVariant *parameter);
/** app_driver_try_win: Returns: %FALSE where the program refused it */
gboolean app_driver_try_win (AppDriver *driver, const char *action, GVariant *parameter);

/** app_driver_describe: Returns: (transfer full): the actions of the window: "a{s(bgav)}", whether enabled, parameter's type, state */
GVariant *app_driver_describe (AppDriver *driver) G_GNUC_WARN_UNUSED_RESULT;

void app_driver_open (AppDriver *driver, ...) G_GNUC_NULL_TERMINATED; /* paths */

void app_driver_wait_idle (AppDriver *driver);

/** app_driver_state: Returns: (transfer full): the answer of app.dump-state */
JsonNode *app_driver_state (AppDriver *driver) G_GNUC_WARN_UNUSED_RESULT;

/** app_driver_screenshot: into the folder of artefacts; fails unless the file is there */
void app_driver_screenshot (AppDriver *driver, const char *name);

/** app_driver_frame_stats: resets or prints; Returns: (transfer full): the line */
char *app_driver_frame_stats (AppDriver *driver, const char *what) G_GNUC_WARN_UNUSED_RESULT;

/**
 * app_driver_memory:
 * @kind: a line of /proc/PID/status: "VmRSS", "RssAnon", "RssFile"
 *
 * Returns: bytes of memory that the program has now
 */
gsize app_driver_memory (AppDriver *driver, const char *kind);

/** app_driver_started: monotonic clock, microseconds */
gint64 app_driver_started (AppDriver *driver);

void app_driver_resize (AppDriver *driver, int width, int height);

/** app_driver_seconds: since the start */
double app_driver_seconds (AppDriver *driver);
double app_driver_seconds_to_window (AppDriver *driver);

/** hand_is_there: whether there is a program that moves pointer and keys through the X server, as a hand does; else the test is
 *  marked as skipped */
gboolean hand_is_there (void);

/** hand: @words: of xdotool's command line, separated by spaces */
void hand (const char *words);

/* What a hand does travels through the X server: the state is asked for until it is as expected, at most 20 s. */
#define WAIT_FOR(driver, state, condition) \
  G_STMT_START { \
    const gint64 deadline = g_get_monotonic_time () + 20 * G_USEC_PER_SEC; \
    while (TRUE) \
      { \
        g_clear_pointer (&(state), json_node_unref); \
        app_driver_wait_idle (driver); \
        (state) = app_driver_state (driver); \
        if ((condition) || g_get_monotonic_time () > deadline) \
          break; \
        g_usleep (20000); \
      } \
    g_assert_true (condition); \
  } G_STMT_END

/* Members by path: "map.width", "occlusions.0.after". Missing members fail the test. */
double state_number (JsonNode *state, const char *path);
const char *state_string (JsonNode *state, const char *path); /* nullable: null */
gboolean state_bool (JsonNode *state, const char *path);
gboolean state_is_null (JsonNode *state, const char *path);
guint state_length (JsonNode *state, const char *path);

/** state_probability: of the class with that index; fails when it is not among those listed */
double state_probability (JsonNode *state, int index);

G_END_DECLS
