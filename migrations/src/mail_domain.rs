//! Mail addresses that were kept with their domain in its own script, as the name system has it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, Statement};

const ROWS_AT_ONCE: i64 = 500;

/// An address whose domain was kept in another script than ASCII, and that address as it is kept now. None for all others,
/// and where what stands before the domain could not be sent to either.
fn in_ascii(kept: &str) -> Option<String> {
    let (local, domain) = kept.rsplit_once('@')?;
    if domain.is_ascii() || !local.is_ascii() {
        return None;
    }
    Some(format!("{local}@{}", idna::domain_to_ascii(domain).ok()?))
}

/// The ids of rows of `table` whose address is to change, with the address that it is to be.
pub(crate) async fn to_change(db: &impl ConnectionTrait, table: &str) -> Result<Vec<(String, String)>, DbErr> {
    let (mut found, mut after) = (Vec::new(), String::new());
    let page = format!("SELECT id, email FROM {table} WHERE id > $1 ORDER BY id LIMIT $2");
    loop {
        let values = [after.as_str().into(), ROWS_AT_ONCE.into()];
        let rows = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), &page, values)).await?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = last.try_get("", "id")?;
        for row in &rows {
            let (id, email): (String, String) = (row.try_get("", "id")?, row.try_get("", "email")?);
            found.extend(in_ascii(&email).map(|email| (id, email)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_in_its_own_script_is_written_as_the_name_system_has_it() {
        assert_eq!(in_ascii("ada@bücher.example").as_deref(), Some("ada@xn--bcher-kva.example"));
        for other in ["ada@example.com", "ada@xn--bcher-kva.example", "ädä@bücher.example", "no address"] {
            assert_eq!(in_ascii(other), None, "{other}");
        }
    }
}
