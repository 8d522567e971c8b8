//! Takes points of any CRS to longitude and latitude on WGS 84: lines `CRS x y` in, with tabs
//! between them, lines `longitude latitude caution` or `refused reason` out. `scripts/crs_sweep.py`
//! compares them with PROJ.

use std::io::{BufRead, Write, stdin, stdout};

use resam_crs::{Crs, CrsError, Transform};

fn main() -> std::io::Result<()> {
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let line = line?;
        let cells: Vec<&str> = line.split('\t').collect();
        let [crs, x, y] = cells[..] else {
            writeln!(out, "refused\tno three cells")?;
            continue;
        };
        match place(
            crs,
            x.parse().unwrap_or(f64::NAN),
            y.parse().unwrap_or(f64::NAN),
        ) {
            Ok(((longitude, latitude), caution)) => {
                writeln!(
                    out,
                    "{longitude}\t{latitude}\t{}",
                    caution.unwrap_or_default()
                )?;
            }
            Err(error) => {
                let text = error.to_string();
                writeln!(out, "refused\t{}", text.lines().next().unwrap_or_default())?;
            }
        }
    }
    Ok(())
}

fn place(crs: &str, x: f64, y: f64) -> Result<((f64, f64), Option<String>), CrsError> {
    let transform = Transform::new(&Crs::parse(crs)?, &Crs::wgs84())?;
    Ok((transform.forward(x, y)?, transform.caution()))
}
