//! Numbers of bytes as text.

/// A number of bytes in decimal (SI) units: `999 bytes`, `40.7 MB`, `2.6 GB`.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    // In whole tenths, so that 999.96 kB becomes 1.0 MB and not 1000.0 kB.
    let tenths = |unit: u64| bytes / unit * 10 + (bytes % unit * 10 + unit / 2) / unit;
    for (unit, name) in [(1_000, "kB"), (1_000_000, "MB"), (1_000_000_000, "GB")] {
        let amount = tenths(unit);
        if bytes < 1_000 {
            break;
        }
        if amount < 10_000 || name == "GB" {
            return format!("{}.{} {name}", amount / 10, amount % 10);
        }
    }
    format!("{bytes} bytes")
}
