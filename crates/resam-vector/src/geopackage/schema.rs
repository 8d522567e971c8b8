//! The tables and triggers that the standard prescribes (OGC 12-128r19, annexes C and F.3).

/// The tables of every GeoPackage that is written here.
pub(crate) const TABLES: &str = "
CREATE TABLE IF NOT EXISTS gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL,
  srs_id INTEGER PRIMARY KEY,
  organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL,
  definition TEXT NOT NULL,
  description TEXT
);
CREATE TABLE IF NOT EXISTS gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY,
  data_type TEXT NOT NULL,
  identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE,
  min_y DOUBLE,
  max_x DOUBLE,
  max_y DOUBLE,
  srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);
CREATE TABLE IF NOT EXISTS gpkg_geometry_columns (
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL,
  m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT,
  column_name TEXT,
  extension_name TEXT NOT NULL,
  definition TEXT NOT NULL,
  scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
);
";

/// What keeps the spatial index true when another program edits the layer. The `ST_` functions are
/// that program's; none is called here.
///
/// `{tree}`, `{table}`, `{geometry}` and `{id}` stand for quoted names, `{tree_...}` for a
/// trigger's.
const TRIGGERS: &str = r#"
CREATE TRIGGER {tree_insert} AFTER INSERT ON {table}
  WHEN (NEW.{geometry} NOT NULL AND NOT ST_IsEmpty(NEW.{geometry}))
BEGIN
  INSERT OR REPLACE INTO {tree} VALUES (NEW.{id}, {bounds});
END;
CREATE TRIGGER {tree_update2} AFTER UPDATE OF {geometry} ON {table}
  WHEN OLD.{id} = NEW.{id} AND (NEW.{geometry} ISNULL OR ST_IsEmpty(NEW.{geometry}))
BEGIN
  DELETE FROM {tree} WHERE id = OLD.{id};
END;
CREATE TRIGGER {tree_update4} AFTER UPDATE ON {table}
  WHEN OLD.{id} != NEW.{id} AND (NEW.{geometry} ISNULL OR ST_IsEmpty(NEW.{geometry}))
BEGIN
  DELETE FROM {tree} WHERE id IN (OLD.{id}, NEW.{id});
END;
CREATE TRIGGER {tree_update5} AFTER UPDATE ON {table}
  WHEN OLD.{id} != NEW.{id} AND (NEW.{geometry} NOTNULL AND NOT ST_IsEmpty(NEW.{geometry}))
BEGIN
  DELETE FROM {tree} WHERE id = OLD.{id};
  INSERT OR REPLACE INTO {tree} VALUES (NEW.{id}, {bounds});
END;
CREATE TRIGGER {tree_update6} AFTER UPDATE OF {geometry} ON {table}
  WHEN OLD.{id} = NEW.{id} AND (NEW.{geometry} NOTNULL AND NOT ST_IsEmpty(NEW.{geometry}))
    AND (OLD.{geometry} NOTNULL AND NOT ST_IsEmpty(OLD.{geometry}))
BEGIN
  UPDATE {tree} SET minx = ST_MinX(NEW.{geometry}), maxx = ST_MaxX(NEW.{geometry}),
    miny = ST_MinY(NEW.{geometry}), maxy = ST_MaxY(NEW.{geometry}) WHERE id = NEW.{id};
END;
CREATE TRIGGER {tree_update7} AFTER UPDATE OF {geometry} ON {table}
  WHEN OLD.{id} = NEW.{id} AND (NEW.{geometry} NOTNULL AND NOT ST_IsEmpty(NEW.{geometry}))
    AND (OLD.{geometry} ISNULL OR ST_IsEmpty(OLD.{geometry}))
BEGIN
  INSERT INTO {tree} VALUES (NEW.{id}, {bounds});
END;
CREATE TRIGGER {tree_delete} AFTER DELETE ON {table}
  WHEN OLD.{geometry} NOT NULL
BEGIN
  DELETE FROM {tree} WHERE id = OLD.{id};
END;
"#;

/// The triggers of one layer; names are not quoted yet.
pub(crate) fn triggers(table: &str, geometry: &str, id: &str, tree: &str) -> String {
    let quoted = super::quoted;
    let text = TRIGGERS.replace(
        "{bounds}",
        "ST_MinX(NEW.{geometry}), ST_MaxX(NEW.{geometry}), ST_MinY(NEW.{geometry}), ST_MaxY(NEW.{geometry})",
    );
    // The user's names go in all at once, because they may hold braces themselves.
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((key, rest)) = part.split_once('}') else {
            filled.push('{');
            filled.push_str(part);
            continue;
        };
        filled += &match key {
            "table" => quoted(table),
            "geometry" => quoted(geometry),
            "id" => quoted(id),
            "tree" => quoted(tree),
            trigger => quoted(&trigger.replacen("tree", tree, 1)),
        };
        filled.push_str(rest);
    }
    filled
}
