//! The catalogue of models that can be downloaded by name.
//!
//! Lengths and SHA-256 sums are those that several unrelated projects pin for the same addresses.
//! The six characters in the names of Meta's files are the beginnings of their MD5 sums, not of
//! these. MobileSAM's address names a commit, so that the file behind it cannot change.

/// A model of the catalogue: the source of its weights, and the length and sum that they must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name of the model, in lower case with hyphens.
    pub name: &'static str,
    /// Other names of the model, in the same form. The file name is always accepted too.
    pub aliases: &'static [&'static str],
    /// The publisher's name of the file, under which it is stored.
    pub file_name: &'static str,
    /// The length of the file in bytes.
    pub size: u64,
    /// The SHA-256 sum of the file, in 64 lower-case hexadecimal digits.
    pub sha256: &'static str,
    /// The licence of the weights, as an SPDX identifier.
    pub licence: &'static str,
    /// What the model is good for, in a phrase.
    pub good_for: &'static str,
    /// Milliseconds to encode an image at an input of 1024 px on [`MEASURED_ON`]; `None` if not
    /// measured.
    pub image_milliseconds: Option<u32>,
    /// The publisher's page about the model.
    pub page: &'static str,
    /// The publisher's address of the file, always `https`.
    pub address: &'static str,
}

/// The machine of [`Entry::image_milliseconds`].
pub const MEASURED_ON: &str = "2 cores of a first-generation AMD EPYC (AVX2)";

impl Entry {
    /// Whether `text` is the name, an alias or the file name of this model. Case is ignored, and
    /// `_` equals `-`.
    #[must_use]
    pub fn is_called(&self, text: &str) -> bool {
        let text = plain(text);
        self.names().any(|name| plain(name) == text)
    }

    /// All names of the model: its name, then its aliases, then its file name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        let aliases = self.aliases.iter().copied();
        [self.name]
            .into_iter()
            .chain(aliases)
            .chain([self.file_name])
    }
}

/// The models that can be downloaded, from the smallest to the largest.
#[must_use]
pub fn catalogue() -> &'static [Entry] {
    &CATALOGUE
}

/// The model with this name, alias or file name (see [`Entry::is_called`]).
#[must_use]
pub fn entry(text: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.is_called(text))
}

/// A name in the form in which names are compared.
pub(crate) fn plain(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace('_', "-")
}

const META_PAGE: &str = "https://github.com/facebookresearch/segment-anything";

const CATALOGUE: [Entry; 4] = [
    Entry {
        name: "mobile-sam",
        aliases: &["mobilesam", "vit-t", "sam-vit-t"],
        file_name: "mobile_sam.pt",
        size: 40_728_226,
        sha256: "6dbb90523a35330fedd7f1d3dfc66f995213d81b29a5ca8108dbcdd4e37d6c2f",
        licence: "Apache-2.0",
        good_for: "starting, and computers without a GPU: by far the fastest here",
        image_milliseconds: Some(1620),
        page: "https://github.com/ChaoningZhang/MobileSAM",
        address: "https://raw.githubusercontent.com/ChaoningZhang/MobileSAM/f706ad9c4eb7f219c00d9050e46328518ffb65d2/weights/mobile_sam.pt",
    },
    Entry {
        name: "sam-vit-b",
        aliases: &["vit-b", "sam-b"],
        file_name: "sam_vit_b_01ec64.pth",
        size: 375_042_383,
        sha256: "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
        licence: "Apache-2.0",
        good_for: "Meta's smallest: still bearable without a GPU",
        image_milliseconds: Some(14_700),
        page: META_PAGE,
        address: "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_b_01ec64.pth",
    },
    Entry {
        name: "sam-vit-l",
        aliases: &["vit-l", "sam-l"],
        file_name: "sam_vit_l_0b3195.pth",
        size: 1_249_524_607,
        sha256: "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622",
        licence: "Apache-2.0",
        good_for: "a GPU: by Meta's account nearly as good as ViT-H, at half the size",
        image_milliseconds: None,
        page: META_PAGE,
        address: "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_l_0b3195.pth",
    },
    Entry {
        name: "sam-vit-h",
        aliases: &["vit-h", "sam-h"],
        file_name: "sam_vit_h_4b8939.pth",
        size: 2_564_550_879,
        sha256: "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e",
        licence: "Apache-2.0",
        good_for: "a large GPU: the best masks that SAM gives",
        image_milliseconds: None,
        page: META_PAGE,
        address: "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_h_4b8939.pth",
    },
];
