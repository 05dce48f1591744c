//! Another access token for a session that goes on.

use kit::Result;

use super::refresh::{LOOKS_AGAIN, WAITS, try_again};
use super::{Secret, Session, Sessions};
use crate::users::Renewed;

impl Sessions {
    /// Goes on with this access token; none where the session is over. Under the lock of those who refresh: the session
    /// is read and written, and a refresh token that one of them put there must stay.
    pub async fn renew(&self, secret: &Secret, renewed: Renewed) -> Result<Option<Session>> {
        let waiting = async {
            loop {
                if let Some(key) = self.lock(secret).await? {
                    let written = self.write(secret, renewed).await;
                    self.unlock(secret, &key).await?;
                    return written;
                }
                tokio::time::sleep(LOOKS_AGAIN).await;
            }
        };
        tokio::time::timeout(WAITS, waiting).await.unwrap_or_else(|_elapsed| Err(try_again()))
    }

    async fn write(&self, secret: &Secret, renewed: Renewed) -> Result<Option<Session>> {
        let Some(session) = self.find(secret).await? else { return Ok(None) };
        let Renewed { access_token, expires_at } = renewed;
        let session = Session { access_token, expires_at, ..session };
        Ok(self.records.replace(secret, &session).await?.then_some(session))
    }
}
