//! The language itself: every documented form, what errors say, and that printing and reading are inverse.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::ast::*;
use super::*;
use crate::arn::Named;
use crate::limits;

/// Every example of AWS's guide, and those that clients send.
const DOCUMENTED: [&str; 58] = [
    "ok",
    "!ok",
    "ok = false",
    "responsetime > 5",
    "duration >= 5 AND duration <= 8",
    "ok !partial duration <3",
    "http.status != 200",
    r#"http.url CONTAINS "/api/game/""#,
    r#"user CONTAINS """#,
    "http.url AND responseTime > 2",
    r#"http.url BEGINSWITH "http://api.example.com/" AND http.url CONTAINS "/v2/" AND !service("api.example.com")"#,
    r#"fault = true AND http.url CONTAINS "example/game" AND responsetime >= 5"#,
    r#"service("api.example.com") { fault }"#,
    "service() { fault }",
    r#"service("data-plane") {root = true and fault = true}"#,
    r#"service("api.example.com") { fault = true OR responsetime > 2.5 } AND annotation.account = "12345""#,
    r#"edge("api.example.com", "backend.example.com")"#,
    r#"edge("api.example.com", "backend.example.com") { error }"#,
    r#"service(id(name: "random-name", type: "AWS::Lambda::Function")) { error }"#,
    r#"service(id(account.id: "123456789012"))"#,
    r#"edge(id(name: "a", type:"t"), id(name: "b", type:"t")) { fault }"#,
    r#"annotation.gameid = "817DL6VO""#,
    "annotation.age",
    "!annotation.age",
    "annotation.age > 29",
    r#"annotation[aws:api_id] = "x""#,
    r#"group.name = "high_response_time" AND user = "alice""#,
    r#"rootcause.fault.service { name = "Auth" }"#,
    "rootcause.fault.service { index > 5 }",
    r#"rootcause.fault.service { inferred and name = traces and type = "AWS::DynamoDB" }"#,
    r#"rootcause.fault.entity { last and name = "deserialize" }"#,
    r#"rootcause.fault.exception { last and message = "Access Denied for account_id: 1234567890" }"#,
    r#"rootcause.error.exception { message CONTAINS "not authorized" }"#,
    "rootcause.responsetime.entity { last and coverage > 0.8 }",
    r#"rootcause.responsetime.service { last and type = "AWS::DynamoDB" }"#,
    r#"rootcause.responsetime.entity { remote and coverage > 0.7 and name = "traces" }"#,
    r#"rootcause.json = #[{ "Services": [ { "Name": "GetWeatherData", "EntityPath": [{ "Name": "GetWeatherData" }, { "Name": "get_temperature" } ] }, { "Name": "GetTemperature", "EntityPath": [ { "Name": "GetTemperature" } ] } ] }]"#,
    r#"service(id(name: "fn"))"#,
    r#"service("frontend") AND service(id(account.id: "123456789012"))"#,
    r#"service(id(name:"N", type:"T")) { ok = true }"#,
    r#"edge("A","B") { fault = true }"#,
    "error",
    "throttle",
    "inferred",
    r#"http.method = "GET""#,
    r#"http.useragent ENDSWITH "Chrome""#,
    r#"http.clientip = "8.8.8.8""#,
    r#"user = "alice""#,
    r#"name = "n""#,
    r#"type = "AWS::Lambda""#,
    r#"availabilityzone = "us-east-1a""#,
    r#"instance.id = "i-1""#,
    r#"resource.arn BEGINSWITH "arn:aws:lambda""#,
    r#"group.arn != "arn:aws:xray:us-east-1:1:group/g/ID""#,
    "annotation.ColdStart = true",
    "(ok OR partial) AND NOT http.status >= 500",
    r#"service("a") { annotation.key = "v" }"#,
    "rootcause.fault.service",
];

fn flag(flag: Flag) -> Filter {
    simple(Simple::Flag(flag, true))
}

fn simple(it: Simple) -> Filter {
    Expr::Is(Test::Whole(Whole::Simple(it)))
}

fn parse(text: &str) -> Filter {
    Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    match Filter::parse(text) {
        Ok(filter) => panic!("{text} is read as {filter}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_documented_form_is_read_and_printed_back() {
    for text in DOCUMENTED {
        let filter = parse(text);
        assert_eq!(parse(&filter.to_string()), filter, "{text}: {filter}");
    }
}

#[test]
fn or_binds_weakest_and_nothing_between_means_and() {
    let [ok, error, fault] = [Flag::Ok, Flag::Error, Flag::Fault].map(flag);
    let not = |it: &Filter| Expr::Not(Box::new(it.clone()));
    let and = |list: &[&Filter]| Expr::And(list.iter().copied().cloned().collect());
    let or = |list: &[&Filter]| Expr::Or(list.iter().copied().cloned().collect());
    for (text, meant) in [
        ("ok OR error fault", or(&[&ok, &and(&[&error, &fault])])),
        ("ok error OR fault", or(&[&and(&[&ok, &error]), &fault])),
        (
            "(ok or error) And fault",
            and(&[&or(&[&ok, &error]), &fault]),
        ),
        ("!ok error", and(&[&not(&ok), &error])),
        ("!(ok error)", not(&and(&[&ok, &error]))),
        ("not !OK", not(&not(&ok))),
        ("ok != true", simple(Simple::Flag(Flag::Ok, false))),
        ("OK = False", simple(Simple::Flag(Flag::Ok, false))),
        ("((ok))", ok.clone()),
    ] {
        assert_eq!(parse(text), meant, "{text}");
    }
}

#[test]
fn it_is_printed_in_one_form() {
    for (text, printed) in [
        ("OK error or Fault != TRUE", "ok AND error OR fault = false"),
        ("!(ok error)", "!(ok AND error)"),
        ("(ok OR fault) error", "(ok OR fault) AND error"),
        ("user contains a", r#"user CONTAINS "a""#),
        (r#"user = "a\"b\\c""#, r#"user = "a\"b\\c""#),
        (r#"annotation["a"] > +1e1"#, "annotation.a > 10"),
        (r#"annotation["a b]"]"#, r#"annotation["a b]"]"#),
        ("annotation.a.b", "annotation[a.b]"),
        (
            r#"service(id(type:"t",name:"n")){ok}"#,
            r#"service(id(name: "n", type: "t")) { ok }"#,
        ),
        (r#"service(id(name:"n"))"#, r#"service("n")"#),
    ] {
        assert_eq!(parse(text).to_string(), printed);
    }
}

#[test]
fn the_value_says_what_type_an_annotation_has() {
    let number = |comparison, value| Some(ValueTest::Number(NumberTest { comparison, value }));
    let words = |matching, value: &str| {
        let value = value.to_owned();
        Some(ValueTest::Text(TextTest { matching, value }))
    };
    for (text, test) in [
        ("annotation.k", None),
        ("annotation.k = 5", number(Comparison::Equal, 5.0)),
        ("annotation.k <= -0.5", number(Comparison::AtMost, -0.5)),
        (r#"annotation.k = "5""#, words(Matching::Equal, "5")),
        ("annotation.k CONTAINS 5", words(Matching::Contains, "5")),
        ("annotation.k != nan", words(Matching::NotEqual, "nan")),
        ("annotation.k = true", Some(ValueTest::Flag(true))),
        ("annotation.k != true", Some(ValueTest::Flag(false))),
        (r#"annotation.k = "true""#, words(Matching::Equal, "true")),
    ] {
        assert_eq!(
            parse(text),
            simple(Simple::Annotation("k".to_owned(), test)),
            "{text}"
        );
    }
}

/// What is wrong: the text, the place, what is found there, and the beginning of what may stand there.
const WRONG: &[(&str, usize, &str, &str)] = &[
    ("", 1, "the end", "a keyword (ok, "),
    ("ok AND", 7, "the end", "a keyword (ok, "),
    ("ok OR OR ok", 7, "OR", "a keyword (ok, "),
    ("coldstart", 1, "coldstart", "a keyword (ok, "),
    ("ok )", 4, ")", "AND, OR, another condition, or the end"),
    ("(ok", 4, "the end", "AND, OR, another condition, or )"),
    (
        "service() {ok",
        14,
        "the end",
        "AND, OR, another condition, or }",
    ),
    (
        "http.status CONTAINS 5",
        13,
        "CONTAINS",
        "=, !=, <, <=, > or >=, because before it stands a number",
    ),
    (r#"http.status = "200""#, 15, r#""200""#, "a number"),
    ("duration > inf", 12, "inf", "a number"),
    ("duration > 1e999", 12, "1e999", "a number"),
    (
        "user > 5",
        6,
        ">",
        "=, !=, CONTAINS, BEGINSWITH or ENDSWITH",
    ),
    ("ok > 5", 4, ">", "= or !=, because"),
    ("ok = 5", 6, "5", "true or false"),
    ("user = AND ok", 8, "AND", "a text in double quotes"),
    ("annotation.k > x", 16, "x", "a number"),
    (
        "annotation. = 5",
        1,
        "annotation.",
        "annotation.KEY or annotation[KEY]",
    ),
    ("annotation = 5", 12, "=", "[KEY], or .KEY without a space"),
    ("service fault", 9, "fault", "("),
    (
        "service(web)",
        9,
        "web",
        "a name in double quotes, id(…) or )",
    ),
    (r#"service("ä" x)"#, 13, "x", ")"),
    (r#"edge("a")"#, 9, ")", ", and who is called"),
    ("service(id())", 12, ")", "name:, type: or account.id:"),
    (
        r#"service(id(name: "a", name: "b"))"#,
        23,
        "name",
        "each of name:, type: and account.id: once",
    ),
    (
        "group.name > g",
        12,
        ">",
        "= or != and the group in double quotes",
    ),
    ("rootcause.json = 5", 18, "5", "#[…], a JSON array"),
    ("rootcause.json != #[]", 16, "!=", "="),
    (
        "rootcause.ok.service",
        1,
        "rootcause.ok.service",
        "rootcause.json, or rootcause. with fault",
    ),
    (
        "ok & error",
        4,
        "&",
        "words, numbers, texts in double quotes",
    ),
    (
        "rootcause.fault.service { name = \"a\" ok2 }",
        38,
        "ok2",
        "a keyword (name, type, account.id, message",
    ),
];

#[test]
fn an_error_says_where_it_is_what_was_found_and_what_may_stand_there() {
    for (text, at, found, expected) in WRONG {
        let start = format!(
            "FilterExpression at character {at}: found {found}, but here may stand {expected}"
        );
        let error = error(text);
        assert!(error.starts_with(&start), "{text}: {error}\nnot: {start}");
    }
}

#[test]
fn a_keyword_in_the_wrong_place_is_told_the_right_one() {
    for (text, at, found, place) in [
        (
            "ok coverage > 5",
            4,
            "coverage",
            "in the braces after rootcause",
        ),
        (
            "service() { last }",
            13,
            "last",
            "in the braces after rootcause",
        ),
        (
            "rootcause.fault.entity { duration > 5 }",
            26,
            "duration",
            "outside of the braces",
        ),
        (
            "service() { service() }",
            13,
            "service",
            "outside of braces",
        ),
        (
            "edge(\"a\", \"b\") { group.name = g }",
            18,
            "group.name",
            "outside of braces",
        ),
    ] {
        let start = format!(
            "FilterExpression at character {at}: found {found}, which may stand only {place}"
        );
        let error = error(text);
        assert!(error.starts_with(&start), "{text}: {error}\nnot: {start}");
    }
}

#[test]
fn what_has_no_end_is_told_with_its_beginning() {
    for (text, at) in [
        ("user = \"abc", 8),
        ("user = \"abc\\", 8),
        ("annotation[abc", 11),
        ("annotation[]", 11),
        ("annotation[\"a\" b]", 11),
        ("rootcause.json = #[{]", 18),
        ("rootcause.json = #", 18),
    ] {
        let start = format!("FilterExpression at character {at}: th");
        assert!(error(text).starts_with(&start), "{text}: {}", error(text));
    }
}

#[test]
fn depth_and_length_have_an_end() {
    let nested = |levels| format!("{}ok{}", "(".repeat(levels), ")".repeat(levels));
    assert_eq!(parse(&nested(limits::FILTER_DEPTH)), flag(Flag::Ok));
    for text in [nested(limits::FILTER_DEPTH + 1), "!".repeat(4000)] {
        let at = limits::FILTER_DEPTH + 1;
        assert_eq!(Filter::parse(&text), Err(FilterError::TooDeep { at }));
    }
    let json = format!("rootcause.json = #{}", "[".repeat(4000));
    assert!(error(&json).contains("recursion limit"), "{}", error(&json));
    let long = " ".repeat(limits::FILTER_EXPRESSION_CHARS);
    assert_eq!(Filter::parse(&(long + "ok")), Err(FilterError::TooLong));
}

fn substituted(text: &str, groups: &[(&str, &str)]) -> Result<Search, FilterError> {
    parse(text).substitute(|group| {
        let found = groups.iter().find(|(name, _)| *name == group.text());
        Ok(found.map(|(_, text)| (*text).to_owned()))
    })
}

#[test]
fn groups_are_replaced_by_what_they_mean() {
    let groups = [
        ("slow", "duration > 5"),
        ("bad", "fault OR group.name = slow"),
    ];
    let same = |grouped: &str, plain: &str| {
        assert_eq!(substituted(grouped, &groups), substituted(plain, &[]));
    };
    same("group.name = slow AND ok", "duration > 5 AND ok");
    same("group.name != bad ok", "!(fault OR duration > 5) AND ok");
    let all = substituted("group.name = Default", &groups);
    assert_eq!(all, Ok(Expr::And(Vec::new())));
}

#[test]
fn groups_that_never_end_are_refused() {
    let circle = [("a", "ok group.name = b"), ("b", "group.name = a")];
    let refused = substituted("group.name = a", &circle);
    assert_eq!(refused, Err(FilterError::Circle("a".to_owned())));
    let names: Vec<_> = (0..26).map(|it| it.to_string()).collect();
    let texts: Vec<_> = (1..27)
        .map(|it| format!("group.name={it} ").repeat(100))
        .collect();
    let tower: Vec<_> = (names.iter().zip(&texts))
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let refused = substituted("group.name = 0", &tower);
    assert_eq!(refused, Err(FilterError::TooManyGroups));
    let unreadable = substituted("group.name = a", &[("a", "ok &")]);
    assert!(matches!(unreadable, Err(FilterError::Unexpected { .. })));
}

fn one_of<W: Word + std::fmt::Debug>() -> impl Strategy<Value = W> {
    (0..W::WORDS.len()).prop_map(|at| W::WORDS[at].1)
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![r#"[a-z"\\\] ]{0,6}"#, r"\PC{0,6}", "[\n\t]"]
}

fn any_number_test() -> impl Strategy<Value = NumberTest> {
    (
        one_of(),
        proptest::num::f64::NORMAL | proptest::num::f64::ZERO,
    )
        .prop_map(|(comparison, value)| NumberTest { comparison, value })
}

fn any_text_test() -> impl Strategy<Value = TextTest> {
    (one_of(), any_text()).prop_map(|(matching, value)| TextTest { matching, value })
}

fn any_simple(scope: Scope) -> impl Strategy<Value = Simple> {
    let value_test = prop_oneof![
        any::<bool>().prop_map(ValueTest::Flag),
        any_number_test().prop_map(ValueTest::Number),
        any_text_test().prop_map(ValueTest::Text),
    ];
    // A key ends without blanks, and one in brackets has at least a character.
    let key = prop_oneof![
        "[A-Za-z0-9_]{1,6}",
        "[a-z:.]{1,6}",
        r#"[a-z"\\\] ]{1,6}"#,
        r"\PC{1,6}"
    ];
    let simple = prop_oneof![
        (one_of(), any::<bool>()).prop_map(|(flag, is)| Simple::Flag(flag, is)),
        (one_of(), option::of(any_number_test())).prop_map(|(it, test)| Simple::Number(it, test)),
        (one_of(), option::of(any_text_test())).prop_map(|(it, test)| Simple::Text(it, test)),
        (key, option::of(value_test)).prop_map(|(key, test)| Simple::Annotation(key, test)),
    ];
    simple.prop_filter("stands in this scope", move |it| it.stands_in(scope))
}

fn any_who() -> impl Strategy<Value = Who> {
    let part = || option::of(any_text());
    (part(), part(), part()).prop_map(|(name, kind, account)| Who {
        name,
        kind,
        account,
    })
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any_text().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            (any_text(), inner).prop_map(|(key, it)| json!({ key: it })),
        ]
    })
}

fn any_test() -> impl Strategy<Value = Test> {
    let block = |scope| option::of(any_expr(any_simple(scope)));
    let described = || any_who().prop_filter("is described", |it| *it != Who::default());
    let group = prop_oneof![
        any_text().prop_map(Named::Name),
        any_text().prop_map(Named::Arn)
    ];
    let whole = prop_oneof![
        any_simple(Scope::Trace).prop_map(Whole::Simple),
        (any_who(), block(Scope::Segment)).prop_map(|(who, block)| Whole::Service { who, block }),
        (described(), described(), block(Scope::Segment))
            .prop_map(|(from, to, block)| Whole::Edge { from, to, block }),
        (one_of(), one_of(), block(Scope::RootCause))
            .prop_map(|(kind, level, block)| Whole::RootCause { kind, level, block }),
        vec(any_json(), 0..3).prop_map(Whole::RootCauseJson),
    ];
    prop_oneof![
        4 => whole.prop_map(Test::Whole),
        1 => (group, any::<bool>()).prop_map(|(group, is)| Test::Group { group, is }),
    ]
}

fn any_expr<T: Clone + std::fmt::Debug + 'static>(
    condition: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Expr<T>> {
    condition
        .prop_map(Expr::Is)
        .prop_recursive(3, 8, 3, |inner| {
            prop_oneof![
                vec(inner.clone(), 2..4).prop_map(Expr::Or),
                vec(inner.clone(), 2..4).prop_map(Expr::And),
                inner.prop_map(|it| Expr::Not(Box::new(it))),
            ]
        })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same(filter in any_expr(any_test())) {
        let printed = filter.to_string();
        prop_assume!(printed.chars().count() <= limits::FILTER_EXPRESSION_CHARS);
        prop_assert_eq!(Filter::parse(&printed), Ok(filter), "{}", printed);
    }

    #[test]
    fn no_text_panics(text in r#"(ok|user|http\.status|service|edge|id|name|annotation|rootcause\.(json|fault\.entity)|group\.name|AND|OR|NOT|CONTAINS|[!<>=(){},:"\\#\[\] 0-9.]|\PC)*"#) {
        if let Ok(filter) = Filter::parse(&text) {
            prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
        }
    }

    #[test]
    fn no_change_of_an_example_panics(which in 0..DOCUMENTED.len(), at in any::<prop::sample::Index>(), put in r"\PC{0,3}") {
        let mut characters: Vec<char> = DOCUMENTED[which].chars().collect();
        let at = at.index(characters.len());
        characters.splice(at..=at, put.chars());
        let text: String = characters.into_iter().collect();
        let _ = Filter::parse(&text);
    }
}
