//! The way of a mail: by the subgraph's postman, over a socket, to the catcher.

use kit::config::Secret;
use mail_catcher::{Catcher, Mail};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use users::{MailSender, MailSettings};

use crate::Users;

pub fn mail_settings(smtp: &str) -> MailSettings {
    MailSettings {
        smtp: Secret::new(smtp),
        from: "Mercato <no-reply@shop.example>".to_owned(),
        links: "https://shop.example".to_owned(),
        attempts: 3,
        catcher: String::new(),
    }
}

/// A mail server, and who takes mails there.
pub struct Post {
    pub catcher: Catcher,
    pub postman: MailSender,
    pub server: String,
    _stop: DropGuard,
}

impl Users {
    pub async fn post(&self) -> Post {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = format!("smtp://{}", listener.local_addr().expect("an address"));
        let (catcher, stop) = (Catcher::default(), CancellationToken::new());
        tokio::spawn(catcher.clone().take(listener, stop.clone()));
        let postman = self.postman(&server);
        Post { catcher, postman, server, _stop: stop.drop_guard() }
    }

    pub fn postman(&self, server: &str) -> MailSender {
        MailSender::new(self.store.clone(), &mail_settings(server)).expect("a postman")
    }
}

impl Post {
    /// Every mail to this address, the newest first.
    pub async fn to(&self, address: &str) -> Vec<Mail> {
        while self.postman.send_due().await.expect("the database answers") > 0 {}
        self.catcher.mails(Some(address))
    }

    /// The token in the newest mail to this address.
    pub async fn token(&self, address: &str) -> String {
        let mails = self.to(address).await;
        let link = mails.first().and_then(|mail| mail.links.first()).expect("a mail with a link");
        link.split_once("token=").expect("a token in the link").1.to_owned()
    }
}
