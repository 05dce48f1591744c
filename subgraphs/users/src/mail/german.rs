//! The mails in German.

use super::Occasion;
use super::words::Words;

pub fn words(occasion: Occasion, shop: &str) -> Words {
    let mail = |subject: String| Words::new(subject, shop);
    match occasion {
        Occasion::Verify => mail(format!("Bestätigen Sie Ihre Adresse bei {shop}"))
            .say(format!("Bestätigen Sie, dass diese Adresse Ihnen gehört, dann ist Ihr Konto bei {shop} bereit."))
            .action("Adresse bestätigen")
            .say("Der Link gilt 24 Stunden und nur einmal.")
            .say(
                "Sie haben sich nicht angemeldet? Dann brauchen Sie nichts zu tun: In ein Konto mit unbestätigter \
                 Adresse kommt niemand.",
            ),
        Occasion::AlreadyRegistered => mail(format!("Sie haben ein Konto bei {shop}"))
            .say(format!(
                "Jemand, vielleicht Sie, wollte sich bei {shop} mit dieser Adresse neu registrieren. Sie hat schon ein \
                 Konto, und es wurde nichts geändert.",
            ))
            .say("Melden Sie sich mit Ihrem Passwort an. Haben Sie es vergessen, dann setzen Sie es dort zurück.")
            .say("Das waren nicht Sie? Dann brauchen Sie nichts zu tun."),
        Occasion::PasswordReset => mail(format!("Neues Passwort für {shop}"))
            .say(format!("Wählen Sie ein neues Passwort für Ihr Konto bei {shop}."))
            .action("Neues Passwort wählen")
            .say("Der Link gilt eine Stunde und nur einmal. Danach sind alle Geräte abgemeldet.")
            .say("Sie haben das nicht verlangt? Dann brauchen Sie nichts zu tun: Ihr Passwort bleibt, wie es ist."),
        Occasion::OrderLink => mail(format!("Ihre Bestellung bei {shop}"))
            .say(format!(
                "Jemand, vermutlich Sie, sucht eine Bestellung, die bei {shop} mit dieser Adresse aufgegeben wurde.",
            ))
            .action("Bestellung ansehen")
            .say("Der Link gilt kurze Zeit und nur einmal. Wer ihm folgt, sieht die Bestellung.")
            .say("Sie haben das nicht verlangt? Dann brauchen Sie nichts zu tun. Geben Sie den Link nicht weiter."),
        Occasion::PasswordChanged => mail(format!("Ihr Passwort bei {shop} wurde geändert"))
            .say(format!("Das Passwort Ihres Kontos bei {shop} wurde soeben geändert."))
            .say(
                "Das waren nicht Sie? Dann setzen Sie es gleich bei der Anmeldung zurück und melden Sie alle Geräte ab.",
            ),
        Occasion::EmailChange => mail(format!("Bestätigen Sie Ihre neue Adresse bei {shop}"))
            .say(format!(
                "Bestätigen Sie, dass diese Adresse Ihnen gehört. Von da an melden Sie sich bei {shop} mit ihr an.",
            ))
            .action("Neue Adresse bestätigen")
            .say("Der Link gilt eine Stunde und nur einmal.")
            .say("Sie haben das nicht verlangt? Dann brauchen Sie nichts zu tun: Das Konto behält seine Adresse."),
        Occasion::EmailChangeTaken => mail(format!("Diese Adresse hat ein Konto bei {shop}"))
            .say(format!(
                "Jemand, vielleicht Sie, wollte ein anderes Konto bei {shop} auf diese Adresse umstellen. Sie hat schon \
                 ein eigenes Konto, und es wurde nichts geändert.",
            ))
            .say("Möchten Sie nur ein Konto verwenden, dann melden Sie sich bei dem mit dieser Adresse an."),
        Occasion::EmailChangeAsked => mail(format!("Ihre Adresse bei {shop} soll sich ändern"))
            .say(format!(
                "Jemand, der Ihr Passwort kennt, möchte sich bei {shop} künftig mit einer anderen Adresse anmelden. Das \
                 gilt, sobald es von dort bestätigt wird.",
            ))
            .say("Das waren nicht Sie? Dann setzen Sie gleich Ihr Passwort zurück: Das verhindert die Änderung."),
        Occasion::EmailChanged => mail(format!("Ihre Adresse bei {shop} wurde geändert"))
            .say(format!(
                "Von nun an melden Sie sich bei {shop} mit einer anderen Adresse an. Diese hier öffnet das Konto nicht \
                 mehr.",
            ))
            .say("Das waren nicht Sie? Dann schreiben Sie uns gleich, von dieser Adresse aus."),
        Occasion::SignInAttempts => mail(format!("Jemand versucht, sich bei {shop} in Ihr Konto anzumelden"))
            .say(format!(
                "Soeben hat jemand mehrmals versucht, sich bei {shop} mit einem falschen Passwort in Ihr Konto \
                 anzumelden. Hineingekommen ist damit niemand.",
            ))
            .say(
                "Wir lassen jeden weiteren Versuch länger warten. Auf einem Gerät, auf dem Sie schon angemeldet waren, \
                 merken Sie nichts davon; auf einem anderen kann es eine Minute dauern.",
            )
            .say(
                "Das waren Sie? Haben Sie Ihr Passwort vergessen, dann setzen Sie es bei der Anmeldung zurück. Sonst \
                 brauchen Sie nichts zu tun.",
            ),
        Occasion::SecondFactorAdded => mail(format!("Die Anmeldung bei {shop} verlangt nun einen Code"))
            .say(format!(
                "Ihr Konto bei {shop} hat nun einen zweiten Faktor: Die Anmeldung verlangt von jetzt an einen Code Ihrer \
                 App. Alle anderen Geräte sind abgemeldet.",
            ))
            .say("Bewahren Sie die Wiederherstellungscodes dort auf, wo Sie sie auch ohne Ihr Telefon finden.")
            .say("Das waren nicht Sie? Dann schreiben Sie uns gleich."),
        Occasion::SecondFactorRemoved => mail(format!("Die Anmeldung bei {shop} verlangt keinen Code mehr"))
            .say(format!("Der zweite Faktor Ihres Kontos bei {shop} wurde soeben entfernt."))
            .say(
                "Das waren nicht Sie? Dann setzen Sie gleich bei der Anmeldung Ihr Passwort zurück und melden Sie alle \
                 Geräte ab.",
            ),
        Occasion::RecoveryCodeUsed => mail(format!("Ein Wiederherstellungscode Ihres Kontos bei {shop} wurde benutzt"))
            .say(format!(
                "Jemand, der Ihr Passwort kennt, hat bei {shop} soeben einen Ihrer Wiederherstellungscodes benutzt. Er \
                 gilt nun nicht mehr.",
            ))
            .say(
                "Das waren nicht Sie? Dann setzen Sie gleich bei der Anmeldung Ihr Passwort zurück und melden Sie alle \
                 Geräte ab.",
            ),
        Occasion::IdentityLinked => mail(format!("Ihr Konto bei {shop} hat eine weitere Anmeldung"))
            .say(format!(
                "Ihr Konto bei {shop} wurde soeben mit einem Konto bei einem anderen Anbieter verknüpft: Auch damit meldet \
                 man sich von nun an hier an, ohne Ihr Passwort.",
            ))
            .say(
                "Das waren nicht Sie? Dann entfernen Sie die Verknüpfung in Ihrem Konto, setzen Sie Ihr Passwort zurück und \
                 melden Sie alle Geräte ab.",
            ),
        Occasion::AccountErased => mail(format!("Ihr Konto bei {shop} ist gelöscht"))
            .say(format!(
                "{shop} hat Ihr Konto gelöscht, wie Sie es wollten. Was wir von Ihren Bestellungen behalten müssen, bleibt \
                 ohne Ihren Namen und Ihre Adressen.",
            ))
            .say("Dies ist die letzte Mail an diese Adresse: Mit ihr vergessen wir auch die Adresse."),
    }
}
