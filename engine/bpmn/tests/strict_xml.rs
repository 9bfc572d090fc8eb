//! Only well-formed XML with namespaces is read, whatever else arrives is refused at once and with a place.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use flowstone_bpmn::{Diagnostic, Limits, parse};
use proptest::prelude::*;

const BPMN: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";

fn diagnostics(bytes: &[u8]) -> Vec<Diagnostic> {
    let parsed = parse("file.bpmn", bytes, &Limits::default());
    assert_eq!(
        parsed.document.is_none(),
        parsed.diagnostics.iter().any(Diagnostic::is_error)
    );
    parsed.diagnostics
}

/// The only problem of a text: its code, line and column.
#[track_caller]
fn refused(text: &str) -> (&'static str, u32, u32) {
    let found = diagnostics(text.as_bytes());
    assert_eq!(found.len(), 1, "{found:?}");
    (found[0].code, found[0].line, found[0].column)
}

fn process(content: &str) -> String {
    format!("<definitions xmlns='{BPMN}' xmlns:camunda='http://camunda.org/schema/1.0/bpmn'>{content}</definitions>")
}

const SOUND: &str = "<process id='p'><startEvent id='s'/></process>";

#[test]
fn malformed_xml_is_refused_where_the_problem_is() {
    let cases: &[(&str, &str, u32, u32)] = &[
        ("", "invalid-xml", 1, 1),
        ("   ", "invalid-xml", 1, 1),
        ("hello", "invalid-xml", 1, 1),
        ("\u{FEFF}\u{FEFF}<a/>", "invalid-xml", 1, 1),
        ("<a", "invalid-xml", 1, 1),
        ("<a>\n <b>\n</a>", "invalid-xml", 3, 1),
        ("<a>\n <b/>", "invalid-xml", 1, 1),
        ("<a/>\n</a>", "invalid-xml", 2, 1),
        ("<a/>\n<b/>", "invalid-xml", 2, 1),
        ("<a/>text", "invalid-xml", 1, 5),
        ("<a/><![CDATA[x]]>", "invalid-xml", 1, 5),
        ("<a/>&amp;", "invalid-xml", 1, 5),
        ("<a x=1/>", "invalid-xml", 1, 4),
        ("<a x/>", "invalid-xml", 1, 4),
        ("<a x='1'y='2'/>", "invalid-xml", 1, 9),
        ("<a\n  x='1'\n  x='2'/>", "invalid-xml", 3, 3),
        ("<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>", "invalid-xml", 1, 36),
        ("<a x='<'/>", "invalid-xml", 1, 7),
        ("<a x='&foo;'/>", "invalid-xml", 1, 7),
        ("<a x='a & b'/>", "invalid-xml", 1, 9),
        ("<a>&foo;</a>", "invalid-xml", 1, 4),
        ("<a>&#0;</a>", "invalid-xml", 1, 4),
        ("<a>&#x1F;</a>", "invalid-xml", 1, 4),
        ("<a>]]></a>", "invalid-xml", 1, 4),
        ("<a>\u{1}</a>", "invalid-xml", 1, 4),
        ("<a><!-- -- --></a>", "invalid-xml", 1, 9),
        ("<p:a/>", "invalid-xml", 1, 1),
        ("<a p:x='1'/>", "invalid-xml", 1, 4),
        ("<a xmlns:xml='other'/>", "invalid-xml", 1, 1),
        ("<1a/>", "invalid-xml", 1, 1),
        ("<a 1x='1'/>", "invalid-xml", 1, 4),
        (" <?xml version='1.0'?><a/>", "invalid-xml", 1, 2),
        ("<?xml encoding='UTF-8'?><a/>", "invalid-xml", 1, 1),
        ("<!DOCTYPE a><a/>", "doctype-forbidden", 1, 1),
        ("<a/>", "not-bpmn", 1, 1),
        ("<definitions/>", "not-bpmn", 1, 1),
        (
            "<bpmn:definitions xmlns:bpmn='http://www.omg.org/other'/>",
            "not-bpmn",
            1,
            1,
        ),
    ];
    for (text, code, line, column) in cases {
        assert_eq!(refused(text), (*code, *line, *column), "{text}");
    }
}

#[test]
fn unusual_but_well_formed_xml_is_read() {
    for text in [
        format!(
            "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<!-- a - b --><?tool data?>\n{}\n<!---->",
            process(SOUND)
        ),
        process(&format!(
            "{SOUND}<x xmlns='' xmlns:q='urn:q' q:a='1' a='2'>&#xE9;&lt;<![CDATA[<&]]]]></x>"
        )),
        process("<process\tid =\n's&#97;'\r\n><startEvent id=\"s\"></startEvent ></process\n>"),
        process("<process id='p' name='a > b &amp; \"c\"'><startEvent id='s'/></process>"),
    ] {
        assert_eq!(diagnostics(text.as_bytes()), [], "{text}");
    }
}

#[test]
fn texts_are_what_the_xml_stands_for() {
    let text = process(
        "<process id='p' name='a&amp;&#x62;\r\nc'><documentation>\r\n1 &lt; <![CDATA[2 & 3]]><!-- no --> &#52;</documentation>\
         <startEvent id='s'/></process>",
    );
    let process = parse("file.bpmn", text.as_bytes(), &Limits::default())
        .document
        .unwrap()
        .processes
        .remove(0);
    assert_eq!(process.name.as_deref(), Some("a&b c"));
    assert_eq!(process.documentation.as_deref(), Some("1 < 2 & 3 4"));
}

#[test]
fn columns_count_characters_and_spans_bytes() {
    let text = process("<process id='p'><startEvent id='é'/><startEvent id='é' name='&bad;'/></process>");
    let found = diagnostics(text.as_bytes());
    let (start, end) = found[0].span.unwrap();
    assert_eq!(&text[start..end], "&bad;");
    assert_eq!(found[0].column as usize, text[..start].chars().count() + 1);
}

#[test]
fn places_in_very_long_lines_are_exact() {
    let text = process(&format!("<!--{}--><process id='p'/>", "ü".repeat(100_000)));
    let found = diagnostics(text.as_bytes());
    let start = text.find("<process").unwrap();
    assert_eq!(found[0].code, "missing-start-event");
    assert_eq!(
        (found[0].line, found[0].column as usize),
        (1, text[..start].chars().count() + 1)
    );
}

#[test]
fn namespaces_count_and_prefixes_do_not() {
    let text = format!(
        "<x:definitions xmlns:x='{BPMN}' xmlns:bpmn='http://example.org/other'>\
         <x:process id='p'><x:startEvent id='s'/><bpmn:boundaryEvent id='ignored'/></x:process></x:definitions>"
    );
    assert_eq!(diagnostics(text.as_bytes()), []);
}

#[test]
fn the_extension_namespaces_of_all_vendors_mean_the_same() {
    for vendor in [
        "http://camunda.org/schema/1.0/bpmn",
        "http://activiti.org/bpmn",
        "http://flowable.org/bpmn",
        "http://operaton.org/schema/1.0/bpmn",
        "http://fluxnova.finos.org/schema/1.0/bpmn",
    ] {
        let text = format!(
            "<definitions xmlns='{BPMN}' xmlns:v='{vendor}'><process id='p' v:versionTag='seven'>\
             <startEvent id='s'/></process></definitions>"
        );
        let document = parse("file.bpmn", text.as_bytes(), &Limits::default())
            .document
            .unwrap();
        assert_eq!(document.processes[0].version_tag.as_deref(), Some("seven"), "{vendor}");
    }
}

#[test]
fn utf_8_utf_16_and_latin_1_are_read() {
    let text = process("<process id='p' name='Ä'><startEvent id='s'/></process>");
    let utf16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        mark.into_iter()
            .chain(text.encode_utf16().flat_map(bytes))
            .collect::<Vec<_>>()
    };
    let latin = format!("<?xml version='1.0' encoding='ISO-8859-1'?>{text}")
        .chars()
        .map(|c| c as u8)
        .collect();
    for bytes in [
        text.clone().into_bytes(),
        format!("\u{FEFF}{text}").into_bytes(),
        utf16([0xFF, 0xFE], u16::to_le_bytes),
        utf16([0xFE, 0xFF], u16::to_be_bytes),
        latin,
    ] {
        let document = parse("file.bpmn", &bytes, &Limits::default()).document.unwrap();
        assert_eq!(document.processes[0].name.as_deref(), Some("Ä"));
    }
    for bytes in [
        &b"\xFF\xFF<a/>"[..],
        b"\xFF\xFE<",
        b"\xFF\xFE\x00\xD8",
        b"<?xml version='1.0' encoding='EBCDIC'?><a/>",
    ] {
        assert_eq!(diagnostics(bytes)[0].code, "invalid-encoding");
    }
}

#[test]
fn hostile_files_are_refused_quickly() {
    let entities: String = (1..10)
        .map(|n| format!("<!ENTITY l{n} '{}'>", format!("&l{};", n - 1).repeat(10)))
        .collect();
    let cases = [
        ("too-large", "<a>".repeat(100_000)),
        (
            "too-large",
            process(&format!("<process id='p'>{}", "<subProcess id='x'>".repeat(100_000))),
        ),
        ("too-large", process(&"<process/>".repeat(600_000))),
        (
            "too-large",
            format!("<a {}/>", (0..100_000).map(|n| format!(" x{n}=''")).collect::<String>()),
        ),
        ("too-large", " ".repeat(17 * 1024 * 1024)),
        (
            "doctype-forbidden",
            format!("<!DOCTYPE a [<!ENTITY l0 'lol'>{entities}]><a>&l9;</a>"),
        ),
        ("invalid-xml", "<".repeat(1_000_000)),
        ("invalid-xml", "&".repeat(1_000_000)),
    ];
    for (code, text) in cases {
        let begin = Instant::now();
        let found = diagnostics(text.as_bytes());
        assert!(
            found.iter().any(|found| found.code == code),
            "{code}: {:?}",
            found.first()
        );
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "{code} took {:?}",
            begin.elapsed()
        );
    }
}

#[test]
fn the_cost_of_a_file_grows_linearly() {
    let many = |count: usize| {
        let nodes: String = (0..count)
            .map(|n| {
                format!(
                    "<receiveTask id='r{n}' messageRef='m{n}'/><sequenceFlow id='f{n}' sourceRef='{}' targetRef='r{n}'/>",
                    if n == 0 { "s".to_owned() } else { format!("r{}", n - 1) }
                )
            })
            .collect();
        let messages: String = (0..count)
            .map(|n| format!("<message id='m{n}' name='n{n}'/>"))
            .collect();
        let properties: String = (0..count)
            .map(|n| format!("<camunda:property name='{n}' value=''/>"))
            .collect();
        process(&format!(
            "{messages}<process id='p'><extensionElements><camunda:properties>{properties}</camunda:properties>\
             </extensionElements><startEvent id='s'/>{nodes}</process>"
        ))
    };
    let begin = Instant::now();
    assert_eq!(diagnostics(many(50_000).as_bytes()), []);
    // Quadratic work on so many elements would take minutes.
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
}

#[test]
fn what_many_refer_to_is_looked_up_and_not_searched_for() {
    let count = 30_000;
    let flows: String = (0..count)
        .map(|n| format!("<sequenceFlow id='f{n}' sourceRef='s' targetRef='c'/>"))
        .collect();
    let timer = "<timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition>";
    let converging = format!(
        "<process id='p'><startEvent id='s'/><intermediateCatchEvent id='c'>{timer}</intermediateCatchEvent>{flows}</process>"
    );
    let subscribed: String = (0..count)
        .map(|n| {
            format!(
                "<process id='p{n}'><startEvent id='s{n}'/><correlationSubscription correlationKeyRef='k'>\
                 <correlationPropertyBinding correlationPropertyRef='c'><dataPath>x</dataPath>\
                 </correlationPropertyBinding></correlationSubscription></process>"
            )
        })
        .collect();
    let keys = "<message id='m' name='m'/><correlationKey id='k'><correlationPropertyRef>c</correlationPropertyRef>\
        </correlationKey><correlationProperty id='c'><correlationPropertyRetrievalExpression messageRef='m'>\
        <messagePath>x</messagePath></correlationPropertyRetrievalExpression></correlationProperty>";
    let begin = Instant::now();
    for file in [converging, subscribed + keys] {
        assert_eq!(diagnostics(process(&file).as_bytes()), []);
    }
    // Quadratic work on so many elements would take minutes.
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
}

#[test]
fn elements_may_nest_as_deep_as_the_limit_says() {
    let depth = 250;
    let start = "<startEvent id='s'/>".to_owned();
    let nested = (0..depth).fold(start, |inner, n| {
        let own = if n == 0 {
            String::new()
        } else {
            format!("<startEvent id='s{n}'/>")
        };
        let flow = match n {
            0 => String::new(),
            _ => format!("<sequenceFlow sourceRef='s{n}' targetRef='x{}'/>", n - 1),
        };
        format!("<subProcess id='x{n}'>{own}{inner}{flow}</subProcess>")
    });
    let outer = format!(
        "<startEvent id='start'/><sequenceFlow sourceRef='start' targetRef='x{}'/>",
        depth - 1
    );
    assert_eq!(
        diagnostics(process(&format!("<process id='p'>{outer}{nested}</process>")).as_bytes()),
        []
    );

    let list = "<camunda:list>".repeat(240) + &"</camunda:list>".repeat(240);
    let parameter = format!(
        "<process id='p'><startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='t'/><task id='t'>\
         <extensionElements><camunda:inputOutput><camunda:inputParameter name='n'>{list}</camunda:inputParameter>\
         </camunda:inputOutput></extensionElements></task></process>"
    );
    assert_eq!(diagnostics(process(&parameter).as_bytes()), []);
}

#[test]
fn only_so_many_problems_are_listed_and_still_none_is_forgotten() {
    let limits = Limits {
        diagnostics: 3,
        ..Limits::default()
    };
    let unreachable: String = (0..5).map(|n| format!("<task id='t{n}'/>")).collect();
    let text = process(&format!(
        "<process id='p'><startEvent id='s'/>{unreachable}<callActivity id='c'/></process>"
    ));
    let parsed = parse("file.bpmn", text.as_bytes(), &limits);
    assert!(parsed.document.is_none());
    assert_eq!(parsed.diagnostics.len(), 4);
    assert_eq!(parsed.diagnostics[3].code, "too-many-problems");
    assert!(parsed.diagnostics[3].is_error());
}

/// Texts close to XML: sound files with bytes changed, and random mixtures of what XML is made of.
fn nearly_xml() -> impl Strategy<Value = String> {
    let sound = process(SOUND);
    let mutated =
        (0..sound.len(), 0..8usize, "[<>/&;'\"= a:x!\\[\\]?-]{0,6}").prop_map(move |(at, removed, inserted)| {
            let end = (at + removed).min(sound.len());
            format!("{}{inserted}{}", &sound[..at], &sound[end..])
        });
    let pieces = prop::sample::select(vec![
        "<a>",
        "</a>",
        "<b",
        "<b/>",
        ">",
        "/>",
        " ",
        "x",
        "=",
        "'v'",
        "\"w\"",
        "x='1'",
        "&amp;",
        "&#65;",
        "&x;",
        "&",
        ";",
        "<!--",
        "-->",
        "--",
        "<![CDATA[",
        "]]>",
        "<?pi",
        "?>",
        "<?xml version='1.0'?>",
        "<!DOCTYPE a>",
        "xmlns='u'",
        "xmlns:p='v'",
        "p:",
        "<p:a>",
        "</p:a>",
        "text",
        "\n",
        "\t",
        "\u{FEFF}",
        "é",
        "\u{1}",
        "]",
    ]);
    let mixed = prop::collection::vec(pieces, 0..14).prop_map(|pieces| pieces.concat());
    prop_oneof![mutated, mixed]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_another_strict_reader_refuses_is_refused(text in nearly_xml()) {
        let found = diagnostics(text.as_bytes());
        if let Err(reason) = roxmltree::Document::parse(&text) {
            prop_assert!(found.iter().any(Diagnostic::is_error), "{reason}");
            prop_assert!(found.iter().all(|found| found.code != "not-bpmn"), "accepted as XML: {reason}");
        }
    }

    #[test]
    fn any_bytes_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        diagnostics(&bytes);
    }
}
