use super::*;

fn line(given: &str) -> Result<String, TextFlaw> {
    Line::parse(given, 80).map(String::from)
}

fn paragraphs(given: &str) -> Result<String, TextFlaw> {
    Paragraphs::parse(given, 1, 200).map(String::from)
}

#[test]
fn a_name_is_kept_as_it_is_written_anywhere() {
    let names = [
        "Ada Lovelace",
        "Åsa Öberg",
        "Nguyễn Thị Minh Khai",
        "Ἀριστοτέλης",
        "محمد بن سلمان",
        "شیوا می\u{200c}خواهد",
        "क्\u{200d}ष लक्ष्मी",
        "山田　太郎",
        "김민준",
        "ᠮᠣᠩᠭᠣᠯ\u{180b}",
        "❤\u{fe0f} Ada 👩\u{200d}💻 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        "❤\u{fe0f}",
        "שָׁלוֹם",
    ];
    for name in names {
        assert_eq!(line(name).as_deref(), Ok(name));
    }
}

#[test]
fn a_text_has_one_spelling() {
    assert_eq!(line("A\u{30a}sa"), line("Åsa"));
    assert_eq!(line("Åsa").as_deref(), Ok("\u{c5}sa"), "as NFC composes it");
    assert_eq!(line("\u{3000}\u{a0} Ada\tLovelace \u{2003}\u{feff}\n").as_deref(), Ok("Ada Lovelace"));
}

#[test]
fn a_text_that_nobody_can_see_is_none() {
    let nothing = [
        "",
        " ",
        "\u{200b}",
        "\u{feff}",
        "\u{3164}",
        "\u{ffa0}",
        "\u{115f}\u{1160}",
        "\u{ad}",
        "\u{2060}",
        "\u{2800}",
        "\u{1d159}",
        "\u{180e}",
        "\u{202e}",
        "\u{2066}\u{2069}",
        "\u{200d}\u{200d}",
        "\u{34f}",
        "\u{301}",
        "\u{20dd}",
        "\u{fe0f}",
        "\u{e0061}",
        "\u{e01ef}",
        "\u{fffc}",
        "\u{a0}\u{3000}",
        "\u{0378}",
        "\u{e0fff}",
        "\u{17b4}",
    ];
    for given in nothing {
        assert_eq!(line(given), Err(TextFlaw::Nothing), "{}", given.escape_unicode());
        assert_eq!(paragraphs(given), Err(TextFlaw::Nothing), "{}", given.escape_unicode());
        assert_eq!(Line::parse_optional(Some(given), 80), Ok(None));
    }
    assert_eq!(nothing.len(), 26);
}

#[test]
fn what_hides_in_a_text_is_dropped() {
    for (given, kept) in [
        ("Ada\u{200b}Lovelace", "AdaLovelace"),
        ("\u{202e}Ada\u{202c}", "Ada"),
        ("\u{2068}Ada\u{2069}", "Ada"),
        ("A\u{3164}B", "AB"),
        ("soft\u{ad}ware", "software"),
        ("Ada\u{e0041}\u{e0042}", "Ada"),
        ("Ada\u{200d}", "Ada"),
    ] {
        assert_eq!(line(given).as_deref(), Ok(kept));
    }
}

#[test]
fn what_cannot_be_shown_is_refused() {
    for code in (0..0x20).chain(0x7f..0xa0).filter(|code| !matches!(code, 9..=13 | 0x85)) {
        let given = format!("a{}b", char::from_u32(code).unwrap());
        assert_eq!(line(&given), Err(TextFlaw::Unshowable), "{code:#x}");
        assert_eq!(paragraphs(&given), Err(TextFlaw::Unshowable), "{code:#x}");
    }
    for given in ["a\u{e000}", "a\u{fdd0}", "a\u{ffff}", "a\u{10ffff}", &format!("e{}", "\u{301}\u{316}".repeat(10))] {
        assert_eq!(line(given), Err(TextFlaw::Unshowable), "{}", given.escape_unicode());
    }
}

#[test]
fn one_line_is_one_line() {
    for given in ["a\nb", "a\rb", "a\r\nb", "a\u{b}b", "a\u{c}b", "a\u{85}b", "a\u{2028}b", "a\u{2029}b"] {
        assert_eq!(line(given), Err(TextFlaw::SeveralLines), "{}", given.escape_unicode());
        assert_eq!(paragraphs(given).as_deref(), Ok("a\nb"), "{}", given.escape_unicode());
    }
}

#[test]
fn lengths_are_counted_in_characters() {
    assert!(Line::parse(&"é".repeat(80), 80).is_ok());
    assert!(Line::parse(&"e\u{301}".repeat(80), 80).is_ok(), "counted as composed");
    assert!(Line::parse(&"🎧".repeat(80), 80).is_ok());
    assert_eq!(Line::parse(&"é".repeat(81), 80), Err(TextFlaw::Longer(80)));
    assert_eq!(Paragraphs::parse("012345678", 10, 20), Err(TextFlaw::Shorter(10)));
    assert_eq!(
        Paragraphs::parse("a\u{200d}\u{200d}\u{200d}\u{200d}\u{200d}\u{200d}\u{200d}\u{200d}\u{200d}b", 10, 20),
        Err(TextFlaw::Shorter(10))
    );
}

#[test]
fn what_nobody_can_be_asked_about_is_tidied() {
    for (given, kept, told) in [
        ("plain", "plain", false),
        (" plain\r\nlines \r", "plain\nlines", false),
        ("a\0b", "ab", true),
        ("\u{84}quoted\u{97}", "quoted", true),
        ("a\u{e000} bullet", "a bullet", true),
        ("A\u{30a}sa", "Åsa", true),
        ("\u{200b}", "", true),
    ] {
        let mut text = given.to_owned();
        assert_eq!(tidy_paragraphs(&mut text), told, "{}", given.escape_unicode());
        assert_eq!(text, kept);
    }
    let mut text = "two\nlines".to_owned();
    assert!(tidy_line(&mut text));
    assert_eq!(text, "two lines");
}

#[test]
fn words_to_look_for_are_never_refused() {
    assert_eq!(sought(" usb\0\n٢ cafe\u{301}\u{200b} "), "usb 2 café");
    assert_eq!(shown(&"x".repeat(50), 4), "xxxx…");
}
