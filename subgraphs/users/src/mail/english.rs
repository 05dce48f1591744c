//! The mails in English.

use super::Occasion;
use super::words::Words;

pub fn words(occasion: Occasion, shop: &str) -> Words {
    let mail = |subject: String| Words::new(subject, shop);
    match occasion {
        Occasion::Verify => mail(format!("Confirm your address for {shop}"))
            .say(format!("Confirm that this address is yours, and your account at {shop} is ready."))
            .action("Confirm my address")
            .say("The link holds for 24 hours and can be used once.")
            .say("You did not register? Then do nothing: nobody gets into an account whose address was not confirmed."),
        Occasion::AlreadyRegistered => mail(format!("You have an account at {shop}"))
            .say(format!(
                "Somebody, perhaps you, tried to register at {shop} with this address. It has an account already, and \
                 nothing was changed.",
            ))
            .say("Sign in with the password that you have. If you have forgotten it, reset it where you sign in.")
            .say("Was it not you? Then there is nothing to do."),
        Occasion::PasswordReset => mail(format!("Reset your password for {shop}"))
            .say(format!("Choose a new password for your account at {shop}."))
            .action("Choose a new password")
            .say("The link holds for one hour and can be used once. With it, every device is signed out.")
            .say("You did not ask for this? Then do nothing: your password stays as it is."),
        Occasion::OrderLink => mail(format!("Your order at {shop}"))
            .say(format!("Somebody, probably you, looks for an order that was made at {shop} with this address."))
            .action("Show my order")
            .say("The link holds for a short while and can be used once. Whoever follows it sees the order.")
            .say("You did not ask for this? Then do nothing, and pass the link on to nobody."),
        Occasion::PasswordChanged => mail(format!("Your password for {shop} was changed"))
            .say(format!("The password of your account at {shop} was changed just now."))
            .say("Was it not you? Then reset it at once where you sign in, and sign out all devices."),
        Occasion::EmailChange => mail(format!("Confirm your new address for {shop}"))
            .say(format!("Confirm that this address is yours. From then on you sign in to {shop} with it."))
            .action("Confirm my new address")
            .say("The link holds for one hour and can be used once.")
            .say("You did not ask for this? Then do nothing: the account keeps the address that it has."),
        Occasion::EmailChangeTaken => mail(format!("This address has an account at {shop}"))
            .say(format!(
                "Somebody, perhaps you, tried to move another account at {shop} to this address. It has an account of \
                 its own, and nothing was changed.",
            ))
            .say("If you want to use one account alone, sign in to the one with this address."),
        Occasion::EmailChangeAsked => mail(format!("Your address for {shop} is about to change"))
            .say(format!(
                "Somebody who knows your password asked to sign in to {shop} with another address. It changes once it \
                 is confirmed from there.",
            ))
            .say("Was it not you? Then reset your password at once where you sign in: that stops the change."),
        Occasion::EmailChanged => mail(format!("Your address for {shop} was changed"))
            .say(format!("From now on you sign in to {shop} with another address. This one opens the account no more."))
            .say("Was it not you? Then write to us at once, from this address."),
        Occasion::SignInAttempts => mail(format!("Somebody tries to sign in to your account at {shop}"))
            .say(format!(
                "Several times just now, somebody tried to sign in to your account at {shop} with a wrong password. \
                 Nobody got in with that.",
            ))
            .say(
                "We let each further attempt wait longer. On a device on which you signed in before you notice nothing \
                 of it; on another it may take a minute.",
            )
            .say("Was it you? If you have forgotten your password, reset it where you sign in. Else there is nothing to do."),
        Occasion::SecondFactorAdded => mail(format!("Signing in to {shop} takes a code from now on"))
            .say(format!(
                "A second factor was added to your account at {shop}: signing in takes a code of your app from now on. \
                 Every other device is signed out.",
            ))
            .say("Keep the recovery codes where you find them without your phone.")
            .say("Was it not you? Then write to us at once."),
        Occasion::SecondFactorRemoved => mail(format!("Signing in to {shop} takes no code any more"))
            .say(format!("The second factor of your account at {shop} was removed just now."))
            .say("Was it not you? Then reset your password at once where you sign in, and sign out all devices."),
        Occasion::RecoveryCodeUsed => mail(format!("A recovery code of your account at {shop} was used"))
            .say(format!(
                "Somebody who knows your password used one of your recovery codes at {shop} just now. It cannot be used \
                 again.",
            ))
            .say("Was it not you? Then reset your password at once where you sign in, and sign out all devices."),
        Occasion::IdentityLinked => mail(format!("There is another way to sign in to your account at {shop}"))
            .say(format!(
                "Your account at {shop} was linked with an account of yours elsewhere just now: from now on that one signs \
                 in here too, without your password.",
            ))
            .say("Was it not you? Then remove it from your account, reset your password and sign out all devices."),
        Occasion::AccountErased => mail(format!("Your account at {shop} is erased"))
            .say(format!(
                "As you asked, {shop} has erased your account. What we must keep of your orders stays without your name \
                 and your addresses.",
            ))
            .say("This is the last mail to this address: with it, we forget the address as well."),
    }
}
