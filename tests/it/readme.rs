//! The README's commands work as they stand there.

use system_tests::Shop;

const ORDER: &str = "## An order in five calls";

/// The shell script of the README's chapter.
fn script(chapter: &str) -> &'static str {
    let readme = include_str!("../../README.md");
    let (_, text) = readme.split_once(chapter).expect("the README has the chapter");
    text.split("```").nth(1).and_then(|block| block.strip_prefix("sh\n")).expect("a shell script")
}

/// What a script said, when it was pasted into a shell.
struct Run {
    succeeded: bool,
    said: String,
    complained: String,
}

async fn paste(script: &str, shop: &str) -> Run {
    let run = tokio::process::Command::new("bash").args(["-c", script]).env("SHOP", shop).output();
    let output = run.await.expect("bash and curl are there");
    Run {
        succeeded: output.status.success(),
        said: String::from_utf8_lossy(&output.stdout).into_owned(),
        complained: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[tokio::test]
async fn the_readmes_order_works_as_it_stands_there() {
    let run = paste(script(ORDER), Shop::shared().await.url()).await;
    assert!(run.succeeded, "{}", run.complained);
    assert!(run.said.contains("\"lifecycle\":\"CONFIRMED\""), "{}\n{}", run.said, run.complained);
}

#[tokio::test]
async fn where_no_shop_answers_the_readmes_order_ends_at_its_first_step() {
    // Bound and never listened to, so whoever connects is refused.
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    let shop = format!("http://{}", nobody.local_addr().expect("its address"));
    let run = paste(script(ORDER), &shop).await;
    assert!(!run.succeeded, "{}", run.said);
    assert!(run.complained.contains("Step 1, find something, failed: no answer"), "{}", run.complained);
    assert!(run.complained.contains("curl: (7)"), "{}", run.complained);
}

/// Each takes the place of something in the script, so that the shop refuses the step.
const FAILURES: [(&str, &str, &str, &str); 5] = [
    ("headphones", "zzzzzz", "Step 1, find something, failed: the answer has no id", "\"hits\":[]"),
    ("quantity: 1", "quantity: 0", "Step 2, put it in a cart, failed: the shop refused the input", "\"code\":"),
    ("method total", "gone total", "Step 2, put it in a cart, failed: the shop refused the operation", "\"errors\":["),
    ("\"'\"$TOTAL\"'", "\"'1'", "Step 3, check out at the total that was shown, failed:", "\"code\":"),
    (
        "pm_card_visa",
        "pm_card_chargeDeclined",
        "Step 4, watch the saga, failed: the checkout was taken back",
        "PAYMENT_DECLINED",
    ),
];

#[tokio::test]
async fn a_step_of_the_readmes_order_that_fails_ends_it_and_says_what_came_back() {
    let shop = Shop::shared().await;
    for (found, replacement, complaint, answer) in FAILURES {
        let broken = script(ORDER).replace(found, replacement);
        assert_ne!(broken, script(ORDER), "the script has no `{found}`");
        let run = paste(&broken, shop.url()).await;
        assert!(!run.succeeded, "{found}: {}", run.said);
        assert!(run.complained.contains(complaint), "{found}: {}", run.complained);
        assert!(run.complained.contains(answer), "{found}: {}", run.complained);
    }
}
