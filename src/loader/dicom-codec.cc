#include "config.h"

#include "dicom.h"

#include "base/error.h"

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/oflog.h>

#include <memory>
#include <new>

/* The one place where DCMTK is called, and the only C++. It never sees the file: a frame that was found is put
 * into a data set made here, with nothing in it but what a decoder asks for. */

static void
register_codecs (void)
{
  static bool registered = false;

  if (registered)
    return;
  registered = true;
  OFLog::configure (OFLogger::OFF_LOG_LEVEL);
  /* Colours come pixel by pixel, whatever the file says. */
  DJDecoderRegistration::registerCodecs (EDC_photometricInterpretation, EUC_default, EPC_colorByPixel);
  DJLSDecoderRegistration::registerCodecs (EJLSUC_default, EJLSPC_colorByPixel);
}

static E_TransferSyntax
find_syntax (const WhyDicom *dicom)
{
  const DcmXfer syntax (dicom->syntax);

  return syntax.getXfer ();
}

static OFCondition
describe (const WhyDicom *dicom, DcmDataset &set)
{
  OFCondition status = set.putAndInsertUint16 (DcmTag (DCM_Rows, EVR_US), (Uint16) dicom->rows);

  if (status.good ())
    status = set.putAndInsertUint16 (DcmTag (DCM_Columns, EVR_US), (Uint16) dicom->columns);
  if (status.good ())
    status = set.putAndInsertUint16 (DcmTag (DCM_SamplesPerPixel, EVR_US), (Uint16) dicom->samples);
  if (status.good ())
    status = set.putAndInsertUint16 (DcmTag (DCM_BitsAllocated, EVR_US), (Uint16) dicom->bits_allocated);
  if (status.good ())
    status = set.putAndInsertUint16 (DcmTag (DCM_BitsStored, EVR_US), (Uint16) dicom->bits_stored);
  if (status.good ())
    status = set.putAndInsertUint16 (DcmTag (DCM_HighBit, EVR_US), (Uint16) dicom->high_bit);
  if (status.good ())
    status = set.putAndInsertUint16 (DcmTag (DCM_PixelRepresentation, EVR_US), dicom->is_signed ? 1 : 0);
  if (status.good () && dicom->samples > 1)
    status = set.putAndInsertUint16 (DcmTag (DCM_PlanarConfiguration, EVR_US), (Uint16) dicom->planar);
  if (status.good ())
    status = set.putAndInsertString (DcmTag (DCM_PhotometricInterpretation, EVR_CS), dicom->photometric);
  if (status.good ())
    status = set.putAndInsertString (DcmTag (DCM_NumberOfFrames, EVR_IS), "1");
  return status;
}

static OFCondition
decode (const WhyDicom *dicom, const guint8 *stream, gsize length, guint8 *bytes, gsize n_bytes, OFString &colours)
{
  DcmDataset set;
  OFCondition status = describe (dicom, set);
  /* Both take their children with them when they go. */
  std::unique_ptr<DcmPixelSequence> sequence (new DcmPixelSequence (DcmTag (DCM_PixelData, EVR_OB)));
  std::unique_ptr<DcmPixelData> data (new DcmPixelData (DcmTag (DCM_PixelData, EVR_OB)));
  std::unique_ptr<DcmPixelItem> table (new DcmPixelItem (DcmTag (DCM_Item, EVR_OB)));
  std::unique_ptr<DcmPixelItem> fragment (new DcmPixelItem (DcmTag (DCM_Item, EVR_OB)));

  if (status.good ())
    status = sequence->insert (table.get ());
  if (status.good ())
    table.release ();
  /* Fragments have an even length; where one is cut short, what follows is a zero. */
  if (status.good ())
    {
      Uint8 *copy = NULL;
      status = fragment->createUint8Array ((Uint32) (length + (length & 1)), copy);
      if (status.good ())
        {
          memcpy (copy, stream, length);
          if ((length & 1) != 0)
            copy[length] = 0;
        }
    }
  if (status.good ())
    status = sequence->insert (fragment.get ());
  if (status.good ())
    fragment.release ();
  if (status.bad ())
    return status;
  data->putOriginalRepresentation (find_syntax (dicom), NULL, sequence.release ());
  DcmPixelData *pixels = data.get ();
  status = set.insert (data.get ());
  if (status.bad ())
    return status;
  data.release ();

  Uint32 first = 0;
  return pixels->getUncompressedFrame (&set, 0, first, bytes, (Uint32) (n_bytes + (n_bytes & 1)), colours);
}

extern "C" gboolean
why_dicom_codec_decode (const WhyDicom *dicom, const guint8 *stream, gsize length, guint8 *bytes, gsize n_bytes,
                        char *photometric, GError **error)
{
  try
    {
      OFString colours;

      register_codecs ();
      const OFCondition status = decode (dicom, stream, length, bytes, n_bytes, colours);
      if (status.bad ())
        {
          g_set_error (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "holds pixels that cannot be decompressed: %s",
                       status.text ());
          return FALSE;
        }
      g_strlcpy (photometric, colours.empty () ? dicom->photometric : colours.c_str (), 17);
      return TRUE;
    }
  catch (const std::bad_alloc &)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_TOO_LARGE,
                           "there is not enough memory to decompress its pixels");
    }
  catch (...)
    {
      g_set_error_literal (error, WHY_ERROR, WHY_ERROR_BAD_IMAGE, "holds pixels that cannot be decompressed");
    }
  return FALSE;
}
