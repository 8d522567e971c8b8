//! TIFFs put together byte by byte, with any tags one likes.

/// Tags of a little-endian classic TIFF: number, kind, values as bytes, and how many they are said
/// to be.
pub(crate) struct HandMade {
    tags: Vec<(u16, u16, Vec<u8>, u32)>,
    data: Vec<u8>,
}

impl HandMade {
    /// A grey image of bytes in one strip that holds `data`.
    pub(crate) fn grey(width: u32, height: u32, data: &[u8]) -> Self {
        let mut made = Self {
            tags: Vec::new(),
            data: data.to_vec(),
        };
        made.long(256, width);
        made.long(257, height);
        made.short(258, 8);
        made.short(259, 1);
        made.short(262, 1);
        made.long(273, 8);
        made.short(277, 1);
        made.long(278, height);
        made.long(279, data.len() as u32);
        made
    }

    pub(crate) fn short(&mut self, tag: u16, value: u16) -> &mut Self {
        self.values(tag, 3, value.to_le_bytes().to_vec(), 1)
    }

    pub(crate) fn long(&mut self, tag: u16, value: u32) -> &mut Self {
        self.values(tag, 4, value.to_le_bytes().to_vec(), 1)
    }

    pub(crate) fn shorts(&mut self, tag: u16, values: &[u16]) -> &mut Self {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.values(tag, 3, bytes, values.len() as u32)
    }

    pub(crate) fn doubles(&mut self, tag: u16, values: &[f64]) -> &mut Self {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.values(tag, 12, bytes, values.len() as u32)
    }

    pub(crate) fn text(&mut self, tag: u16, text: &str) -> &mut Self {
        self.values(tag, 2, text.as_bytes().to_vec(), text.len() as u32)
    }

    pub(crate) fn without(&mut self, tag: u16) -> &mut Self {
        self.tags.retain(|(number, ..)| *number != tag);
        self
    }

    pub(crate) fn values(&mut self, tag: u16, kind: u16, bytes: Vec<u8>, count: u32) -> &mut Self {
        self.without(tag);
        self.tags.push((tag, kind, bytes, count));
        self.tags.sort();
        self
    }

    /// The bytes of the file: header, data, directory, values.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let start = 8 + self.data.len();
        let mut values_at = start + 2 + self.tags.len() * 12 + 4;
        let mut file = b"II\x2a\0".to_vec();
        file.extend((start as u32).to_le_bytes());
        file.extend(&self.data);
        file.extend((self.tags.len() as u16).to_le_bytes());
        let mut values: Vec<u8> = Vec::new();
        for (tag, kind, bytes, count) in &self.tags {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(count.to_le_bytes());
            if bytes.len() <= 4 {
                file.extend(bytes.iter().copied().chain([0; 4]).take(4));
            } else {
                file.extend((values_at as u32).to_le_bytes());
                values_at += bytes.len();
                values.extend(bytes);
            }
        }
        file.extend([0; 4]);
        file.extend(values);
        file
    }
}
