#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Messages between the program (image/source.c) and whylight-loader. They live in base because nothing
 * else is common to the two.
 *
 * One SOCK_SEQPACKET socket, file descriptor 3 of the loader; each message is one packet of exactly the
 * size of its struct, native byte order (both ends are the same machine). The loader answers every
 * OPEN and READ with one reply that carries the request's serial, in order; CANCEL has no answer of
 * its own, it makes the running READ end early. Neither side trusts lengths: a packet of another size,
 * magic or version ends the conversation.
 *
 * To extend: use reserved bytes (they are zero), and raise the version when an old reader would
 * misread. */

#define WHY_LOADER_FD 3
#define WHY_LOADER_MAGIC 0x5779u
#define WHY_LOADER_VERSION 3u

#define WHY_LOADER_MAX_LEVELS 32
#define WHY_LOADER_MAX_SIDE G_GINT64_CONSTANT (10000000)
#define WHY_LOADER_MAX_FILE_BANDS 64
#define WHY_LOADER_DEFAULT_PIXELS (G_GUINT64_CONSTANT (1) << 28)
#define WHY_LOADER_DEFAULT_MEMORY (G_GUINT64_CONSTANT (2) << 30)

typedef enum
{
  WHY_LOADER_OPEN = 1,   /* with the picture's descriptor attached; first, and again only if the first said so */
  WHY_LOADER_READ = 2,
  WHY_LOADER_CANCEL = 3, /* serial says which READ */
} WhyLoaderKind;

typedef enum
{
  WHY_LOADER_DEPTH_8 = 0,    /* uint8 */
  WHY_LOADER_DEPTH_FULL = 1, /* uint8, uint16 or float32, as the properties say */
  WHY_LOADER_DEPTH_RAW = 2,  /* float32 as the file means them; volumes and pictures with values only, whole slices */
} WhyLoaderDepth;

typedef enum
{
  WHY_LOADER_ALLOW_TRUNCATED = 1 << 0,
  WHY_LOADER_BLACK_BACKGROUND = 1 << 1,
  /* More files follow, one OPEN each, which take the place of the one before; one that cannot be read is no end. */
  WHY_LOADER_MANY = 1 << 2,
} WhyLoaderFlags;

typedef struct
{
  guint16 magic;
  guint16 version;
  guint32 kind; /* WhyLoaderKind */
  guint64 serial;

  /* OPEN */
  guint64 max_pixels;
  guint64 max_memory;
  guint32 timeout_ms; /* becomes processor time */
  guint32 flags;      /* WhyLoaderFlags */

  /* READ: a region of one frame (or slice) at one scale */
  guint32 depth; /* WhyLoaderDepth */
  guint32 frame;
  gint64 slice;
  gint64 x, y, w, h;
  gint64 out_w, out_h;
  gint64 n_slices; /* from @slice on: more than one only with DEPTH_RAW; their rows follow one another */

  guint64 reserved[7];
} WhyLoaderRequest;

typedef enum
{
  WHY_LOADER_KIND_PHOTO = 0, /* decoded once, then kept */
  WHY_LOADER_KIND_SLIDE = 1, /* a pyramid, read in regions */
  WHY_LOADER_KIND_VOLUME = 2,
} WhyLoaderPictureKind;

typedef struct
{
  guint32 kind; /* WhyLoaderPictureKind */
  gint32 bands; /* of the pixels that are sent: 1 or 3 */
  gint32 bits;  /* 8, 16 or 32 */
  gint32 is_float;
  gint32 has_alpha;
  gint32 has_icc;
  gint32 orientation; /* 1..8 */
  gint32 n_levels;    /* at least 1 */
  gint64 width, height;
  gint64 n_slices; /* at least 1 */
  gint64 n_frames; /* at least 1 */
  double mpp_x, mpp_y, mpp_z; /* micrometres, NAN if unknown */
  double downsample[WHY_LOADER_MAX_LEVELS]; /* of each level, the first is 1 */
  char format[32];
  char note[512];
  /* Volumes: voxel indices (column, row, slice) to millimetres, three rows of four; right, anterior and
   * superior are positive. */
  double voxel_to_world[12];
  gint32 has_world;
  gint32 has_values;      /* grey pictures whose values mean something: DEPTH_RAW */
  gint32 is_inverted;     /* low values are shown white */
  gint32 is_window_exact; /* see why_window_get_range() */
  gint32 has_series;      /* it may be one slice of a series */
  gint32 padding;
  double objective_power; /* of the scanner's lens, 0 if unknown */
  double window_centre, window_width; /* as the file states, NAN if it does not */
  char unit[16];                      /* of the values, or "" */
  char modality[16];                  /* "CT", "MR", ..., or "" */
  guint8 series[16];                  /* a digest: equal for slices of the same series */
  /* The slice as its file has it: of the first voxel, and directions of growing columns and rows; millimetres; left,
   * posterior and superior are positive. NAN if unknown. */
  double slice_position[3], slice_directions[6];
  guint64 reserved[2];
} WhyLoaderProperties;

typedef enum
{
  WHY_LOADER_OK = 0,
  WHY_LOADER_BAD_IMAGE = 1,
  WHY_LOADER_TOO_LARGE = 2,
  WHY_LOADER_CANCELLED = 3,
  WHY_LOADER_BAD_REQUEST = 4,
  WHY_LOADER_FAILED = 5,
} WhyLoaderStatus;

typedef struct
{
  guint16 magic;
  guint16 version;
  guint32 status; /* WhyLoaderStatus */
  guint64 serial;
  char message[1024]; /* UTF-8 sentence without the file's name, zero-terminated; if not OK */

  WhyLoaderProperties properties; /* after OPEN, and renewed by READ (the note may grow) */

  /* After a READ that is OK: a memory file, sealed against shrinking, growing and writing, comes
   * along with rows from the top, samples interleaved, no padding. */
  gint32 dtype; /* WhyDType: UINT8, UINT16 or FLOAT32 */
  gint32 bands;
  gint64 width, height;
  guint64 n_bytes;

  guint64 reserved[8];
} WhyLoaderReply;

G_END_DECLS
