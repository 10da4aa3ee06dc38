#include "config.h"

#include "base/json-text.h"

#include "base/error.h"

gboolean
why_json_text_check (const char *json, gsize length, int max_depth, GError **error)
{
  gboolean in_string = FALSE;
  int depth = 0;

  for (gsize at = 0; at < length; at++)
    {
      const char c = json[at];

      if (in_string)
        {
          if (c == '\\')
            at++;
          else if (c == '"')
            in_string = FALSE;
        }
      else if (c == '"')
        {
          in_string = TRUE;
        }
      else if (c == '[' || c == '{')
        {
          if (++depth > max_depth)
            {
              g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "is nested deeper than %d levels", max_depth);
              return FALSE;
            }
        }
      else if (c == ']' || c == '}')
        {
          depth--;
        }
      else if (c == '/' || c == '#' || c == '\'')
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_REQUEST, "is not JSON: \"%c\" outside a string", c);
          return FALSE;
        }
    }
  return TRUE;
}
