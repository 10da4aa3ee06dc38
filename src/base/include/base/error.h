#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * WhyError:
 * @WHY_ERROR_FAILED: anything that has no code of its own
 * @WHY_ERROR_IO: a file or folder cannot be read or written
 * @WHY_ERROR_BAD_MODEL: the bytes are not a valid ONNX model, or the graph contradicts itself
 * @WHY_ERROR_UNSUPPORTED_OP: the model needs operators (or forms of them) that are not known here
 * @WHY_ERROR_NO_GRADIENT: a known operator on the path has no gradient
 * @WHY_ERROR_BAD_SHAPE: shapes do not fit each other
 * @WHY_ERROR_BAD_IMAGE: the picture cannot be decoded or is damaged
 * @WHY_ERROR_TOO_LARGE: a size from a file, or the memory a request needs, is over the budget
 * @WHY_ERROR_NOT_FOUND: a class, tensor, method or file of that name does not exist
 * @WHY_ERROR_BAD_REQUEST: the request contradicts itself
 *
 * Codes of the one error domain. A cancelled run reports %G_IO_ERROR_CANCELLED in the engine's
 * callers; below Gio the code is %WHY_ERROR_CANCELLED.
 */
typedef enum
{
  WHY_ERROR_FAILED,
  WHY_ERROR_IO,
  WHY_ERROR_BAD_MODEL,
  WHY_ERROR_UNSUPPORTED_OP,
  WHY_ERROR_NO_GRADIENT,
  WHY_ERROR_BAD_SHAPE,
  WHY_ERROR_BAD_IMAGE,
  WHY_ERROR_TOO_LARGE,
  WHY_ERROR_NOT_FOUND,
  WHY_ERROR_BAD_REQUEST,
  WHY_ERROR_CANCELLED,
} WhyError;

#define WHY_ERROR (why_error_quark ())

GQuark why_error_quark (void);

/**
 * why_error_nearest:
 * @wanted: what was asked for
 * @names: (array length=n_names): the names that exist
 * @n_names: how many
 *
 * Returns: (transfer full): a clause such as "; nearest names: a, b, c" for an error message, or an
 *   empty string when nothing is near. Distance is Levenshtein's with a bonus for shared substrings.
 */
char *why_error_nearest (const char *wanted, const char *const *names, gsize n_names) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
