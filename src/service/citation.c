#include "config.h"

#include "service/caption.h"

#include <string.h>

/* The papers as bibliographies have them. What is not listed is told as far as its method knows it. */

static const struct
{
  const char *methods; /* ids, separated by spaces */
  const char *key;
  const char *type;
  const char *author;
  const char *title;
  const char *venue; /* whole fields */
  const char *year;
} papers[] = {
  { "gradcam guided-gradcam counterfactual", "selvaraju2017gradcam", "inproceedings",
    "Selvaraju, Ramprasaath R. and Cogswell, Michael and Das, Abhishek and Vedantam, Ramakrishna and Parikh, Devi and Batra, Dhruv",
    "{Grad-CAM}: Visual Explanations from Deep Networks via Gradient-Based Localization",
    "booktitle = {IEEE International Conference on Computer Vision (ICCV)},\n  pages = {618--626}", "2017" },
  { "cam", "zhou2016cam", "inproceedings",
    "Zhou, Bolei and Khosla, Aditya and Lapedriza, Agata and Oliva, Aude and Torralba, Antonio",
    "Learning Deep Features for Discriminative Localization",
    "booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},\n  pages = {2921--2929}", "2016" },
  { "gradcam++", "chattopadhay2018gradcampp", "inproceedings",
    "Chattopadhay, Aditya and Sarkar, Anirban and Howlader, Prantik and Balasubramanian, Vineeth N.",
    "{Grad-CAM++}: Generalized Gradient-Based Visual Explanations for Deep Convolutional Networks",
    "booktitle = {IEEE Winter Conference on Applications of Computer Vision (WACV)},\n  pages = {839--847}", "2018" },
  { "smooth-gradcam++", "omeiza2019smoothgradcampp", "article",
    "Omeiza, Daniel and Speakman, Skyler and Cintas, Celia and Weldemariam, Komminist",
    "Smooth {Grad-CAM++}: An Enhanced Inference Level Visualization Technique for Deep Convolutional Neural Network Models",
    "journal = {arXiv preprint arXiv:1908.01224}", "2019" },
  { "hirescam", "draelos2020hirescam", "article", "Draelos, Rachel Lea and Carin, Lawrence",
    "Use {HiResCAM} Instead of {Grad-CAM} for Faithful Explanations of Convolutional Neural Networks",
    "journal = {arXiv preprint arXiv:2011.08891}", "2020" },
  { "xgradcam", "fu2020xgradcam", "inproceedings",
    "Fu, Ruigang and Hu, Qingyong and Dong, Xiaohu and Guo, Yulan and Gao, Yinghui and Li, Biao",
    "Axiom-Based {Grad-CAM}: Towards Accurate Visualization and Explanation of {CNNs}",
    "booktitle = {British Machine Vision Conference (BMVC)}", "2020" },
  { "layercam", "jiang2021layercam", "article",
    "Jiang, Peng-Tao and Zhang, Chang-Bin and Hou, Qibin and Cheng, Ming-Ming and Wei, Yunchao",
    "{LayerCAM}: Exploring Hierarchical Class Activation Maps for Localization",
    "journal = {IEEE Transactions on Image Processing},\n  volume = {30},\n  pages = {5875--5888}", "2021" },
  { "eigencam", "muhammad2020eigencam", "inproceedings", "Muhammad, Mohammed Bany and Yeasin, Mohammed",
    "{Eigen-CAM}: Class Activation Map Using Principal Components",
    "booktitle = {International Joint Conference on Neural Networks (IJCNN)}", "2020" },
  { "fem", "fuad2020fem", "inproceedings",
    "Fuad, Kazi Ahmed Asif and Martin, Pierre-Etienne and Giot, Romain and Bourqui, Romain and Benois-Pineau, Jenny and Zemmari, Akka",
    "Features Understanding in {3D} {CNNs} for Actions Recognition in Video",
    "booktitle = {International Conference on Image Processing Theory, Tools and Applications (IPTA)}", "2020" },
  { "scorecam", "wang2020scorecam", "inproceedings",
    "Wang, Haofan and Wang, Zifan and Du, Mengnan and Yang, Fan and Zhang, Zijian and Ding, Sirui and Mardziel, Piotr and Hu, Xia",
    "{Score-CAM}: Score-Weighted Visual Explanations for Convolutional Neural Networks",
    "booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition Workshops (CVPRW)}", "2020" },
  { "ablationcam", "desai2020ablationcam", "inproceedings", "Desai, Saurabh and Ramaswamy, Harish G.",
    "{Ablation-CAM}: Visual Explanations for Deep Convolutional Network via Gradient-Free Localization",
    "booktitle = {IEEE Winter Conference on Applications of Computer Vision (WACV)}", "2020" },
  { "fullgrad", "srinivas2019fullgrad", "inproceedings", "Srinivas, Suraj and Fleuret, Fran{\\c{c}}ois",
    "Full-Gradient Representation for Neural Network Visualization",
    "booktitle = {Advances in Neural Information Processing Systems (NeurIPS)}", "2019" },
  { "gradient", "simonyan2014deep", "inproceedings", "Simonyan, Karen and Vedaldi, Andrea and Zisserman, Andrew",
    "Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps",
    "booktitle = {International Conference on Learning Representations (ICLR), Workshop Track}", "2014" },
  { "gradient-x-input", "shrikumar2016not", "article", "Shrikumar, Avanti and Greenside, Peyton and Shcherbina, Anna and Kundaje, Anshul",
    "Not Just a Black Box: Learning Important Features Through Propagating Activation Differences",
    "journal = {arXiv preprint arXiv:1605.01713}", "2016" },
  { "smoothgrad", "smilkov2017smoothgrad", "article",
    "Smilkov, Daniel and Thorat, Nikhil and Kim, Been and Vi{\\'e}gas, Fernanda and Wattenberg, Martin",
    "{SmoothGrad}: Removing Noise by Adding Noise", "journal = {arXiv preprint arXiv:1706.03825}", "2017" },
  { "integrated-gradients", "sundararajan2017axiomatic", "inproceedings", "Sundararajan, Mukund and Taly, Ankur and Yan, Qiqi",
    "Axiomatic Attribution for Deep Networks", "booktitle = {International Conference on Machine Learning (ICML)}", "2017" },
  { "guided-backprop", "springenberg2015striving", "inproceedings",
    "Springenberg, Jost Tobias and Dosovitskiy, Alexey and Brox, Thomas and Riedmiller, Martin",
    "Striving for Simplicity: The All Convolutional Net",
    "booktitle = {International Conference on Learning Representations (ICLR), Workshop Track}", "2015" },
  { "deconvnet occlusion", "zeiler2014visualizing", "inproceedings", "Zeiler, Matthew D. and Fergus, Rob",
    "Visualizing and Understanding Convolutional Networks", "booktitle = {European Conference on Computer Vision (ECCV)}", "2014" },
  { "rise", "petsiuk2018rise", "inproceedings", "Petsiuk, Vitali and Das, Abir and Saenko, Kate",
    "{RISE}: Randomized Input Sampling for Explanation of Black-Box Models",
    "booktitle = {British Machine Vision Conference (BMVC)}", "2018" },
};

static gboolean
has_word (const char *words, const char *word)
{
  g_auto (GStrv) list = g_strsplit (words, " ", -1);

  return g_strv_contains ((const char *const *) list, word);
}

/* "Cai, 2025, arXiv 2501.06261": the preprint's number, or "" */
static char *
find_preprint (const char *paper)
{
  const char *at = strstr (paper, "arXiv ");

  return at != NULL ? g_strndup (at + strlen ("arXiv "), strspn (at + strlen ("arXiv "), "0123456789.")) : g_strdup ("");
}

char *
why_caption_citation (const char *method)
{
  const WhyExplainerClass *explainer = why_explainer_lookup (method, NULL);

  for (gsize paper = 0; paper < G_N_ELEMENTS (papers); paper++)
    {
      if (has_word (papers[paper].methods, method))
        return g_strdup_printf ("@%s{%s,\n  author = {%s},\n  title = {%s},\n  %s,\n  year = {%s}\n}\n", papers[paper].type,
                                papers[paper].key, papers[paper].author, papers[paper].title, papers[paper].venue,
                                papers[paper].year);
    }
  /* A library is no paper, and neither is a control. */
  if (explainer == NULL || explainer->paper == NULL || (explainer->needs & WHY_IS_CONTROL) != 0 || strchr (explainer->paper, ',') == NULL)
    return NULL;
  g_autofree char *preprint = find_preprint (explainer->paper);
  g_autofree char *key = g_strcanon (g_strdup (explainer->id), "abcdefghijklmnopqrstuvwxyz0123456789-", '-');
  if (*preprint == '\0')
    return g_strdup_printf ("@misc{%s,\n  title = {%s},\n  howpublished = {%s}\n}\n", key, explainer->title, explainer->paper);
  return g_strdup_printf ("@misc{%s,\n  title = {%s},\n  howpublished = {%s},\n  eprint = {%s},\n  archiveprefix = {arXiv}\n}\n", key,
                          explainer->title, explainer->paper, preprint);
}
