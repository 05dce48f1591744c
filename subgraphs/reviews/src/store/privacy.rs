//! What reviews keeps on a person, to be handed over or forgotten.
//!
//! A review stays, with its stars, beside the id of somebody whom users no longer knows by name. Its words go if their
//! author wants that.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kit::identity::privacy::{Erase, ErasureOutcome, PersonalDataStore};
use kit::{Owner, Result, Txn};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::{Store, purchase, review, submission};

#[async_trait]
impl PersonalDataStore for Store {
    const NAME: &'static str = "reviews";

    async fn export(&self, person: &Owner) -> Result<Value> {
        let (Some(user), db) = (person.user_id(), self.db.reader()) else { return Ok(json!({})) };
        let reviews = review::Entity::find()
            .filter(review::Column::AuthorId.eq(user))
            .order_by_asc(review::Column::CreatedAt)
            .order_by_asc(review::Column::Id)
            .all(db)
            .await?;
        let purchases = purchase::Entity::find()
            .filter(purchase::Column::UserId.eq(user))
            .order_by_asc(purchase::Column::OrderId)
            .order_by_asc(purchase::Column::ProductId)
            .all(db)
            .await?;
        let reviews = reviews.into_iter().map(|row| {
            json!({
                "id": row.id,
                "productId": row.product_id,
                "rating": row.rating,
                "title": row.title,
                "body": row.body,
                "recommended": row.recommended,
                "createdAt": row.created_at,
            })
        });
        let purchases =
            purchases.into_iter().map(|row| json!({ "productId": row.product_id, "orderId": row.order_id }));
        Ok(json!({ "reviews": reviews.collect::<Value>(), "purchases": purchases.collect::<Value>() }))
    }

    async fn forget(&self, txn: &Txn, person: &Owner, erase: &Erase) -> Result<ErasureOutcome> {
        let Some(user) = person.user_id() else { return Ok(ErasureOutcome::Done(BTreeMap::new())) };
        let mut texts = 0;
        if erase.texts_too {
            let emptied = review::Entity::update_many()
                .col_expr(review::Column::Title, Expr::value(Option::<String>::None))
                .col_expr(review::Column::Body, Expr::value(Option::<String>::None))
                .filter(review::Column::AuthorId.eq(user))
                .filter(review::Column::Title.is_not_null().or(review::Column::Body.is_not_null()))
                .exec(&**txn)
                .await?;
            texts = emptied.rows_affected;
        }
        let submissions =
            submission::Entity::delete_many().filter(submission::Column::AuthorId.eq(user)).exec(&**txn).await?;
        Ok(ErasureOutcome::Done(BTreeMap::from([("texts", texts), ("submissions", submissions.rows_affected)])))
    }
}
