#include "config.h"

#include "action-catalogue.h"

#include <glib/gi18n.h>

/* Letters and digits without Control are no accelerators: they are handled by the window, so that they can be
 * typed; here they are "keys". */

#define ACTION(name, title, group, ...) { name, title, WHY_ACTIONS_##group, WHY_VALUES_NONE, { __VA_ARGS__ }, NULL }
#define KEYED(name, title, group, keys, ...) { name, title, WHY_ACTIONS_##group, WHY_VALUES_NONE, { __VA_ARGS__ }, keys }
#define CHOICE(name, title, group, values) { name, title, WHY_ACTIONS_##group, WHY_VALUES_##values, { NULL }, NULL }
#define SCRIPT(name, title, group) CHOICE (name, title, group, SCRIPT)
#define KEYS(title, group, keys) { NULL, title, WHY_ACTIONS_##group, WHY_VALUES_NONE, { NULL }, keys }

static const WhyActionInfo infos[] = {
  ACTION ("win.open-dialog", N_("Open"), FILES, "<Control>o"),
  ACTION ("win.open-folder-dialog", N_("Open a folder"), FILES, "<Control><Shift>o"),
  ACTION ("app.new-window", N_("New window"), FILES, "<Control>n"),
  ACTION ("win.reload", N_("Read the files once more"), FILES, "F5", "<Control>r"),
  SCRIPT ("app.open-folder", N_("Open a folder by its name"), FILES),
  ACTION ("win.locate-dialog", N_("Locate a file that the session misses"), FILES, NULL),
  SCRIPT ("win.locate", N_("Say where a file is that the session misses"), FILES),
  ACTION ("app.restore-lost", N_("Restore what was open before the crash"), FILES, NULL),
  ACTION ("app.discard-lost", N_("Forget what was open before the crash"), FILES, NULL),
  SCRIPT ("app.sample", N_("Open one of the examples"), FILES),
  SCRIPT ("app.open", N_("Open files"), FILES),
  SCRIPT ("win.model", N_("Open a model"), FILES),
  SCRIPT ("win.open-session", N_("Open a session"), FILES),
  ACTION ("win.save-session-dialog", N_("Save session"), FILES, "<Control>s"),
  SCRIPT ("win.save-session", N_("Save the session to a file"), FILES),
  ACTION ("win.export-dialog", N_("Save figure"), FILES, "<Control>e"),
  SCRIPT ("win.export", N_("Save the figure to a file"), FILES),
  SCRIPT ("win.export-as", N_("Save a file of some kind"), FILES),
  ACTION ("win.export-kind('figure')", N_("Save the whole figure"), FILES, NULL),
  ACTION ("win.export-kind('seen')", N_("Save the view as seen"), FILES, NULL),
  ACTION ("win.export-kind('overlay')", N_("Save only the map"), FILES, NULL),
  ACTION ("win.export-kind('raw')", N_("Save the raw values of the map"), FILES, NULL),
  ACTION ("win.export-kind('raw-source')", N_("Save raw values for every pixel"), FILES, NULL),
  ACTION ("win.export-kind('scores')", N_("Save the scores of all classes"), FILES, NULL),
  ACTION ("win.export-text('lines')", N_("Facts below the figure"), FILES, NULL),
  ACTION ("win.export-text('caption')", N_("A caption below the figure"), FILES, NULL),
  ACTION ("win.export-text('none')", N_("Nothing below the figure"), FILES, NULL),
  SCRIPT ("win.export-scale", N_("Resolution of the figure"), FILES),
  SCRIPT ("win.export-text-scale", N_("Size of the text in the figure"), FILES),
  ACTION ("win.export-dark", N_("Figure on dark ground, or not"), FILES, NULL),
  ACTION ("win.export-paths", N_("Whole paths inside files, or not"), FILES, NULL),
  KEYED ("win.copy-picture", N_("Copy the picture as seen"), FILES, "<Control>c", NULL),
  ACTION ("win.copy-command", N_("Copy the command line that makes this map"), FILES, "<Control><Shift>c"),
  ACTION ("win.copy-caption", N_("Copy a caption for a paper"), FILES, NULL),
  ACTION ("win.copy-citation", N_("Copy the reference of the method (BibTeX)"), FILES, NULL),
  ACTION ("win.try-example", N_("Try an example"), FILES, NULL),

  ACTION ("win.show-cases", N_("Show the cases"), CASES, "F9"),
  KEYED ("win.next-case", N_("Next picture"), CASES, "Right", "<Alt>Right"),
  KEYED ("win.previous-case", N_("Previous picture"), CASES, "Left", "<Alt>Left"),
  CHOICE ("win.case", N_("Case"), CASES, CASES),
  ACTION ("win.cases-order('name')", N_("Cases by name"), CASES, NULL),
  ACTION ("win.cases-order('answer')", N_("Cases by class, surest first"), CASES, NULL),
  ACTION ("win.cases-order('confidence')", N_("Cases least sure first"), CASES, NULL),
  SCRIPT ("win.cases-filter", N_("Show only some cases"), CASES),

  ACTION ("win.show-inspector", N_("Show the inspector"), PAGES, "<Control>i"),
  ACTION ("win.page('answer')", N_("What does it say?"), PAGES, "<Alt>1"),
  ACTION ("win.page('look')", N_("Where does it look?"), PAGES, "<Alt>2"),
  ACTION ("win.page('test')", N_("Is it true?"), PAGES, "<Alt>3"),
  ACTION ("win.page('take')", N_("Take it along"), PAGES, "<Alt>4"),

  KEYED ("win.zoom-in", N_("Zoom in"), PICTURE, "plus", "<Control>plus", "<Control>equal", "<Control>KP_Add"),
  KEYED ("win.zoom-out", N_("Zoom out"), PICTURE, "minus", "<Control>minus", "<Control>KP_Subtract"),
  KEYED ("win.zoom-fit", N_("Fit into the window"), PICTURE, "0", "<Control>0", "<Control>KP_0"),
  KEYED ("win.zoom(1.0)", N_("Original size"), PICTURE, "1", "<Control>1"),
  KEYED ("win.zoom(2.0)", N_("Twice the size"), PICTURE, "2", "<Control>2"),
  KEYS (N_("Move the picture"), PICTURE, "Left Right Up Down"),
  KEYS (N_("Move with the mouse (hold)"), PICTURE, "space"),
  ACTION ("win.slice-step(-1)", N_("Previous slice of a volume"), PICTURE, "Page_Up"),
  ACTION ("win.slice-step(1)", N_("Next slice of a volume"), PICTURE, "Page_Down"),
  SCRIPT ("win.slice", N_("Show a slice of a volume"), PICTURE),
  ACTION ("win.planes", N_("All planes of a volume at once, or one"), PICTURE, "F8"),
  ACTION ("win.mip", N_("Maximum along the axis of a volume, or a slice"), PICTURE, "F7"),
  SCRIPT ("win.cross-hair", N_("Show the planes through a voxel"), PICTURE),
  ACTION ("win.rotate(1)", N_("Turn the picture to the right"), PICTURE, "<Control><Shift>r"),
  ACTION ("win.rotate(-1)", N_("Turn the picture to the left"), PICTURE, "<Control><Shift>l"),
  ACTION ("win.flip", N_("Mirror the picture"), PICTURE, "<Control><Shift>h"),
  SCRIPT ("win.pixel-size", N_("Say how large a pixel is"), PICTURE),
  ACTION ("win.fullscreen", N_("Full screen"), PICTURE, "F11"),

  CHOICE ("win.target-class", N_("Class"), QUESTION, CLASSES),
  CHOICE ("win.contrast-class", N_("Rather than"), QUESTION, CLASSES),
  CHOICE ("win.layer", N_("Layer"), QUESTION, LAYERS),
  ACTION ("win.layer-step(-1)", N_("Previous layer"), QUESTION, "<Alt>Up"),
  ACTION ("win.layer-step(1)", N_("Next layer"), QUESTION, "<Alt>Down"),
  ACTION ("win.layer-view('list')", N_("Layers as a list"), QUESTION, NULL),
  ACTION ("win.layer-view('graph')", N_("Graph of the network"), QUESTION, "<Control>g"),
  SCRIPT ("win.search-network", N_("Search the graph of the network"), QUESTION),
  ACTION ("win.suggest-layer", N_("Which layer? A suggestion with reasons"), QUESTION, NULL),
  CHOICE ("win.method", N_("Method"), QUESTION, METHODS),
  CHOICE ("win.profile", N_("As computed by"), QUESTION, PROFILES),
  SCRIPT ("win.method-options", N_("Set the options of the method"), QUESTION),
  ACTION ("win.show-methods", N_("Methods of explanation"), QUESTION, "<Control>m"),
  ACTION ("win.show-method-options", N_("Options of the method"), QUESTION, "<Control><Shift>m"),
  ACTION ("win.polarity('relu')", N_("Evidence for the class"), QUESTION, NULL),
  ACTION ("win.polarity('against')", N_("Evidence against the class"), QUESTION, NULL),
  ACTION ("win.polarity('signed')", N_("Evidence for and against"), QUESTION, NULL),
  ACTION ("win.polarity('absolute')", N_("Strength of the evidence"), QUESTION, NULL),
  CHOICE ("win.also-class", N_("Together with"), QUESTION, CLASSES),
  ACTION ("win.clear-also-classes", N_("One class alone"), QUESTION, NULL),
  SCRIPT ("win.toggle-contrast", N_("Compare with class, or not"), QUESTION),
  ACTION ("win.clear-contrast", N_("Compare with no class"), QUESTION, NULL),
  ACTION ("win.score('logit')", N_("Explain the logit"), QUESTION, NULL),
  ACTION ("win.score('probability')", N_("Explain the probability"), QUESTION, NULL),
  ACTION ("win.score('rest')", N_("Explain the lead over all other classes"), QUESTION, NULL),
  ACTION ("win.region('predicted')", N_("Explain the pixels of the class"), QUESTION, NULL),
  ACTION ("win.region('all')", N_("Explain all pixels"), QUESTION, NULL),
  ACTION ("win.region-here", N_("Explain the pixel at the cross hair"), QUESTION, NULL),
  ACTION ("win.region-covered", N_("Explain the last rectangle covered"), QUESTION, NULL),
  KEYS (N_("Compare with the class in focus"), QUESTION, "v"),
  KEYS (N_("Add the class in focus"), QUESTION, "a"),

  ACTION ("win.show-map", N_("Show or hide the map"), MAP, "<Control>h"),
  KEYS (N_("Show the bare picture (hold)"), MAP, "h c"),
  CHOICE ("win.colormap", N_("Colours"), MAP, COLORMAPS),
  CHOICE ("win.opacity", N_("Opacity"), MAP, SHARES),
  CHOICE ("win.threshold", N_("Threshold"), MAP, SHARES),
  ACTION ("win.limits('own')", N_("Limits of each map its own"), MAP, NULL),
  ACTION ("win.limits('locked')", N_("Limits locked"), MAP, NULL),
  SCRIPT ("win.limits-range", N_("Limits at two numbers"), MAP),
  ACTION ("win.edit-limit('lower')", N_("Type the lower limit"), MAP, NULL),
  ACTION ("win.edit-limit('upper')", N_("Type the upper limit"), MAP, NULL),
  ACTION ("win.look-more", N_("Show or hide more about how the map is drawn"), MAP, NULL),
  SCRIPT ("win.clip", N_("Leave out extreme values"), MAP),
  ACTION ("win.contours", N_("Show or hide contour lines"), MAP, NULL),
  SCRIPT ("win.contour-levels", N_("Number of contour lines"), MAP),
  ACTION ("win.contour-labels", N_("Show or hide numbers on contour lines"), MAP, NULL),
  ACTION ("win.alpha('auto')", N_("Transparent by the kind of map"), MAP, NULL),
  ACTION ("win.alpha('uniform')", N_("Equally transparent everywhere"), MAP, NULL),
  ACTION ("win.alpha('value')", N_("Transparent where the map is low"), MAP, NULL),
  ACTION ("win.colour-vision('normal')", N_("Colours as most people see them"), MAP, NULL),
  ACTION ("win.colour-vision('protanopia')", N_("Colours as seen without red cones"), MAP, NULL),
  ACTION ("win.colour-vision('deuteranopia')", N_("Colours as seen without green cones"), MAP, NULL),
  ACTION ("win.colour-vision('tritanopia')", N_("Colours as seen without blue cones"), MAP, NULL),
  ACTION ("win.colour-vision('achromatopsia')", N_("Colours as seen without any cones"), MAP, NULL),
  ACTION ("win.interpolation('smooth')", N_("Map smooth"), MAP, NULL),
  ACTION ("win.interpolation('cells')", N_("Map in cells"), MAP, NULL),

  KEYED ("win.tool('pan')", N_("Tool: move the picture"), COVERING, "m", NULL),
  KEYED ("win.tool('rectangle')", N_("Tool: rectangle"), COVERING, "r", NULL),
  KEYED ("win.tool('ellipse')", N_("Tool: ellipse"), COVERING, "o", NULL),
  KEYED ("win.tool('polygon')", N_("Tool: polygon"), COVERING, "p", NULL),
  KEYED ("win.tool('brush')", N_("Tool: brush"), COVERING, "b", NULL),
  KEYED ("win.tool('probe')", N_("Tool: probe values"), COVERING, "i", NULL),
  KEYS (N_("Move the cross hair"), COVERING, "Left Right Up Down"),
  KEYS (N_("Set a corner or a point at the cross hair"), COVERING, "space"),
  KEYS (N_("Close the polygon, end the stroke"), COVERING, "Return"),
  KEYS (N_("Take back the last point"), COVERING, "BackSpace"),
  KEYS (N_("Brush smaller or larger"), COVERING, "bracketleft bracketright"),
  ACTION ("win.tool-purpose('occlude')", N_("Draw what to cover"), COVERING, NULL),
  ACTION ("win.tool-purpose('annotate')", N_("Draw annotations"), COVERING, NULL),
  ACTION ("win.tool-purpose('explain')", N_("Draw the region to explain"), COVERING, NULL),
  KEYED ("win.explain-view", N_("Explain what is visible"), COVERING, "e", NULL),
  KEYED ("win.explain-here", N_("Explain a field of view in the middle"), COVERING, "f", NULL),
  ACTION ("win.explain-whole", N_("Explain the whole picture, or the middle of the tissue"), COVERING, NULL),
  ACTION ("win.show-region", N_("Show the region that is explained"), COVERING, NULL),
  SCRIPT ("win.explain-region", N_("Explain a region"), COVERING),
  SCRIPT ("win.brush-size", N_("Size of the brush"), COVERING),
  ACTION ("win.cover-inverse", N_("Cover all but what is drawn"), COVERING, NULL),
  SCRIPT ("win.occlude", N_("Cover a rectangle"), COVERING),
  SCRIPT ("win.cover", N_("Cover a shape"), COVERING),
  CHOICE ("win.cover-hottest", N_("Cover the hottest part of the map"), COVERING, SHARES),
  SCRIPT ("win.select-cover", N_("Choose a covered part"), COVERING),
  SCRIPT ("win.replace-cover", N_("Give a covered part another shape"), COVERING),
  SCRIPT ("win.refill-cover", N_("Give a covered part another fill"), COVERING),
  KEYED ("win.remove-cover(-1)", N_("Uncover the chosen part"), COVERING, "Delete", NULL),
  ACTION ("win.invert-cover(-1)", N_("Cover all but the chosen part"), COVERING, NULL),
  SCRIPT ("win.nudge-cover", N_("Move or stretch the chosen part"), COVERING),
  KEYS (N_("Move the chosen part"), COVERING, "<Control>Left <Control>Right <Control>Up <Control>Down"),
  KEYS (N_("Stretch the chosen part"), COVERING, "<Control><Shift>Left <Control><Shift>Right <Control><Shift>Up <Control><Shift>Down"),
  ACTION ("win.fill('mean')", N_("Cover with the mean colour"), COVERING, NULL),
  ACTION ("win.fill('black')", N_("Cover with black"), COVERING, NULL),
  ACTION ("win.fill('white')", N_("Cover with white"), COVERING, NULL),
  ACTION ("win.fill('blur')", N_("Cover with a blur"), COVERING, NULL),
  ACTION ("win.fill('noise')", N_("Cover with noise"), COVERING, NULL),
  ACTION ("win.fill('texture')", N_("Cover with the texture around"), COVERING, NULL),
  ACTION ("win.clear-occlusions", N_("Uncover everything"), COVERING, NULL),

  ACTION ("win.compare('single')", N_("Show one map"), COMPARING, NULL),
  ACTION ("win.compare('side')", N_("Compare side by side"), COMPARING, "<Control>d"),
  ACTION ("win.compare('curtain')", N_("Compare with a curtain"), COMPARING, NULL),
  ACTION ("win.compare('difference')", N_("Show the difference of two maps"), COMPARING, NULL),
  ACTION ("win.compare('grid')", N_("Compare in a grid"), COMPARING, "<Control><Shift>g"),
  ACTION ("win.compare-change", N_("Choose what to compare with"), COMPARING, "<Control><Shift>d"),
  ACTION ("win.compare-grid('layers')", N_("Grid of layers"), COMPARING, NULL),
  ACTION ("win.compare-grid('methods')", N_("Grid of methods"), COMPARING, NULL),
  ACTION ("win.compare-grid('classes')", N_("Grid of the top classes"), COMPARING, NULL),
  ACTION ("win.compare-grid('layers-classes')", N_("Grid of layers and classes"), COMPARING, NULL),
  ACTION ("win.compare-grid('methods-classes')", N_("Grid of methods and classes"), COMPARING, NULL),
  ACTION ("win.compare-grid('layers-methods')", N_("Grid of layers and methods"), COMPARING, NULL),
  ACTION ("win.compare-shared-limits", N_("Draw all maps with the same limits, or each with its own"), COMPARING, NULL),
  ACTION ("win.compare-add", N_("Add a map"), COMPARING, NULL),
  ACTION ("win.compare-choose(0)", N_("Swap maps A and B"), COMPARING, NULL),
  ACTION ("win.compare-bare('none')", N_("Maps on both sides of the curtain"), COMPARING, NULL),
  ACTION ("win.compare-bare('left')", N_("Picture only left of the curtain"), COMPARING, NULL),
  ACTION ("win.compare-bare('right')", N_("Picture only right of the curtain"), COMPARING, NULL),
  KEYS (N_("Move the cross hair in all maps"), COMPARING, "Left Right Up Down"),
  KEYS (N_("Ask what the map under the cross hair asks"), COMPARING, "Return"),
  CHOICE ("win.curtain", N_("Place of the curtain"), COMPARING, SHARES),
  SCRIPT ("win.compare-with", N_("Compare with a class, layer, method or model"), COMPARING),
  SCRIPT ("win.compare-value", N_("What a compared map is"), COMPARING),
  SCRIPT ("win.compare-grid-value", N_("Add a row or column, or take it out"), COMPARING),
  SCRIPT ("win.compare-cells", N_("Rows and columns of the grid"), COMPARING),
  SCRIPT ("win.compare-remove", N_("Remove a compared map"), COMPARING),
  SCRIPT ("win.compare-pane", N_("Which of the compared maps is changed"), COMPARING),
  SCRIPT ("win.compare-model-dialog", N_("Open a model to compare with"), COMPARING),
  SCRIPT ("win.probe-at", N_("Put the cross hair on a pixel"), COMPARING),

  ACTION ("win.import-annotations-dialog", N_("Import outlines"), CHECKING, NULL),
  ACTION ("win.export-annotations-dialog", N_("Export outlines"), CHECKING, NULL),
  ACTION ("win.clear-annotations", N_("Delete all outlines"), CHECKING, NULL),
  SCRIPT ("win.import-annotations", N_("Import outlines from a file"), CHECKING),
  SCRIPT ("win.export-annotations", N_("Export outlines to a file"), CHECKING),
  SCRIPT ("win.annotate", N_("Add an outline"), CHECKING),
  SCRIPT ("win.rename-annotation", N_("Rename an outline"), CHECKING),
  SCRIPT ("win.show-annotation", N_("Show or hide an outline"), CHECKING),
  SCRIPT ("win.remove-annotation", N_("Delete an outline"), CHECKING),
  SCRIPT ("win.select-annotation", N_("Compare the map with one outline"), CHECKING),
  ACTION ("win.grid", N_("Show or hide the layer's cells"), CHECKING, NULL),
  ACTION ("win.run-check('faithfulness')", N_("Check: take away and give back what the map shows"), CHECKING, NULL),
  ACTION ("win.run-check('randomisation')", N_("Check: random weights"), CHECKING, NULL),
  ACTION ("win.run-check('occlusion')", N_("Check: cover window by window"), CHECKING, NULL),
  ACTION ("win.run-check('controls')", N_("Check: another class, another picture"), CHECKING, NULL),
  ACTION ("win.run-check('regions')", N_("Check: what each of several regions contributes"), CHECKING, NULL),

  ACTION ("win.undo", N_("Undo"), GENERAL, "<Control>z"),
  ACTION ("win.redo", N_("Redo"), GENERAL, "<Shift><Control>z", "<Control>y"),
  KEYED ("win.cancel", N_("Stop what is running"), GENERAL, "Escape", NULL),
  ACTION ("win.palette", N_("Find a command"), GENERAL, "<Control>k", "<Control><Shift>p"),
  ACTION ("app.preferences", N_("Preferences"), GENERAL, "<Control>comma"),
  ACTION ("win.show-help-overlay", N_("Keyboard shortcuts"), GENERAL, "<Control>question", "<Control>slash"),
  ACTION ("app.help", N_("Help"), GENERAL, "F1"),
  CHOICE ("app.help-page", N_("Help"), GENERAL, HELP),
  ACTION ("app.about", N_("About Whylight"), GENERAL, NULL),
  ACTION ("win.copy-error", N_("Copy the message"), GENERAL, NULL),
  ACTION ("win.dismiss-error", N_("Dismiss the message"), GENERAL, NULL),
  KEYS (N_("Main menu"), GENERAL, "F10"),
  ACTION ("window.close", N_("Close the window"), GENERAL, "<Control>w"),
  ACTION ("app.quit", N_("Quit"), GENERAL, "<Control>q"),

  ACTION ("win.present", N_("Present, or end the presentation"), TALKS, "<Shift>F5"),
  ACTION ("win.step-add('')", N_("Add what is shown as a step"), TALKS, "<Control><Shift>t"),
  SCRIPT ("win.step-go", N_("Go to a step"), TALKS),
  SCRIPT ("win.step-remove", N_("Remove a step"), TALKS),
  SCRIPT ("win.step-move", N_("Move a step"), TALKS),
  SCRIPT ("win.step-rename", N_("Rename a step"), TALKS),
  KEYS (N_("Next step of the presentation"), TALKS, "Page_Down Right space"),
  KEYS (N_("Previous step of the presentation"), TALKS, "Page_Up Left BackSpace"),
  KEYED ("win.blank", N_("Make the presentation black"), TALKS, "b", NULL),
  KEYS (N_("End the presentation"), TALKS, "Escape"),
};

const WhyActionInfo *
why_action_catalogue (gsize *n_infos)
{
  *n_infos = G_N_ELEMENTS (infos);
  return infos;
}

const char *
why_actions_group_title (WhyActionsGroup group)
{
  static const char *const titles[WHY_N_ACTIONS_GROUPS] = {
    [WHY_ACTIONS_FILES] = N_("Files"),
    [WHY_ACTIONS_CASES] = N_("Cases"),
    [WHY_ACTIONS_PAGES] = N_("Pages of the Inspector"),
    [WHY_ACTIONS_PICTURE] = N_("Picture"),
    [WHY_ACTIONS_QUESTION] = N_("Question"),
    [WHY_ACTIONS_MAP] = N_("Map"),
    [WHY_ACTIONS_COVERING] = N_("Covering"),
    [WHY_ACTIONS_CHECKING] = N_("Outlines and checks"),
    [WHY_ACTIONS_MEASURING] = N_("Measuring"),
    [WHY_ACTIONS_COMPARING] = N_("Comparing"),
    [WHY_ACTIONS_TALKS] = N_("Talks and Figures"),
    [WHY_ACTIONS_GENERAL] = N_("General"),
  };

  g_return_val_if_fail (group < WHY_N_ACTIONS_GROUPS, "");
  return _(titles[group]);
}

const char *
why_action_info_title (const WhyActionInfo *info)
{
  return _(info->title);
}

char *
why_action_info_dup_name (const WhyActionInfo *info)
{
  const char *end;

  g_return_val_if_fail (info->action != NULL, NULL);
  end = strpbrk (info->action, "(:");
  return end != NULL ? g_strndup (info->action, (gsize) (end - info->action)) : g_strdup (info->action);
}
