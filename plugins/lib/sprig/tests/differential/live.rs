//! Random questions to the oracle. `SLUICE_SPRIG_RECORD` names a folder that gets some of them as files; `record` of the oracle
//! then puts the answers into these.

use crate::ask::{Question, agree, difference, ours, theirs};
use crate::generate::{Dice, string, tree};

/// Questions of a kind in one run; `SLUICE_SPRIG_QUESTIONS` asks for more.
fn count() -> usize {
    std::env::var("SLUICE_SPRIG_QUESTIONS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(2_000)
}

/// Questions of a kind that are recorded.
const RECORDED: usize = 120;

fn record(folder: &std::ffi::OsStr, name: &str, ask: &impl Fn(&mut Dice) -> Question) {
    let mut dice = Dice::new(0xF11E);
    let mut text = String::new();
    for question in (0..RECORDED).map(|_| ask(&mut dice)) {
        let line = serde_json::json!({"template": question.template, "data": question.data});
        text.push_str(&format!("{line}\n"));
    }
    std::fs::write(std::path::Path::new(folder).join(format!("{name}.jsonl")), text).expect("written");
}

/// The real functions, as a program.
fn oracle() -> std::path::PathBuf {
    let home = std::env::var_os("HOME").map(std::path::PathBuf::from);
    let cache = std::env::var_os("SLUICE_CACHE").map(std::path::PathBuf::from);
    let cache = cache.unwrap_or_else(|| home.unwrap_or_default().join(".cache/sluice"));
    cache.join("bin/helm-library")
}

fn compare(name: &str, ask: impl Fn(&mut Dice) -> Question) {
    if let Some(folder) = std::env::var_os("SLUICE_SPRIG_RECORD") {
        return record(&folder, name, &ask);
    }
    let oracle = oracle();
    if !oracle.exists() {
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!(
                "SKIPPED: no {}, Helm was not asked ({name}): tests/controlplane/build helm-library\n",
                oracle.display()
            ),
        );
        return;
    }
    let seed = std::env::var("SLUICE_SPRIG_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(0x5eed);
    let mut dice = Dice::new(seed);
    let mut different = Vec::new();
    let mut asked = 0;
    while asked < count() && different.len() < 20 {
        let questions: Vec<Question> = (0..count().min(10_000)).map(|_| ask(&mut dice)).collect();
        asked += questions.len();
        for (question, theirs) in questions.iter().zip(theirs(oracle.as_os_str(), &questions)) {
            let ours = ours(question);
            if !agree(&ours, &theirs) && different.len() < 20 {
                different.push(difference(question, &ours, &theirs));
            }
        }
    }
    assert!(
        different.is_empty(),
        "{name}: {} of {asked} differ:\n{}",
        different.len(),
        different.join("\n")
    );
    eprintln!("{name}: {asked} questions, no difference");
}

fn of_data(templates: &'static [&'static str]) -> impl Fn(&mut Dice) -> Question {
    move |dice| Question {
        template: dice.pick(templates).to_owned(),
        data: tree(dice, 0),
    }
}

fn of_strings(templates: &'static [&'static str]) -> impl Fn(&mut Dice) -> Question {
    move |dice| Question {
        template: dice.pick(templates).to_owned(),
        data: serde_json::json!({"a": string(dice), "b": string(dice), "n": dice.roll(12)}),
    }
}

#[test]
fn yaml_is_written_as_helm_does() {
    compare(
        "toYaml",
        of_data(&[
            "{{ toYaml . }}",
            "{{ toYaml . | nindent 2 }}",
            "{{ dict \"x\" . | toYaml }}",
        ]),
    );
}

#[test]
fn pretty_yaml_is_written_as_helm_does() {
    compare(
        "toYamlPretty",
        of_data(&["{{ toYamlPretty . }}", "{{ list 1 . | toYamlPretty }}"]),
    );
}

#[test]
fn json_is_written_as_helm_does() {
    compare(
        "toJson",
        of_data(&[
            "{{ toJson . }}",
            "{{ toPrettyJson . }}",
            "{{ toRawJson . }}",
            "{{ toJson . | fromJson }}",
        ]),
    );
}

#[test]
fn toml_is_written_as_helm_does() {
    compare(
        "toToml",
        of_data(&[
            "{{ toToml . }}",
            "{{ dict \"x\" . | toToml }}",
            "{{ toToml (dict \"a b\" . \"c\" 1) }}",
        ]),
    );
}

#[test]
fn values_print_and_cast_as_in_helm() {
    compare(
        "casts",
        of_data(&[
            "{{ . }}",
            "{{ quote . }}",
            "{{ squote . }}",
            "{{ int . }} {{ int64 . }} {{ float64 . }}",
            "{{ toString . }}",
            "{{ cat . 1 . }}",
            "{{ add . 1 }} {{ mul . 3 }} {{ sub . 1 }}",
            "{{ addf . 0.1 }} {{ mulf . 1.1 }}",
            "{{ ceil . }} {{ floor . }} {{ round . 2 }}",
            "{{ empty . }} {{ default 1 . }}",
            "{{ typeOf . }} {{ kindOf . }}",
            "{{ join \",\" . }}",
            "{{ toStrings . }}",
            "{{ sortAlpha . }}",
            "{{ uniq (list . 1 .) | toJson }}",
            "{{ first . }}",
            "{{ rest . | toJson }}",
            "{{ compact . | toJson }}",
            "{{ toDecimal . }}",
            "{{ mustToDuration . }}",
            "{{ durationSeconds . }}",
            "{{ deepCopy . | toJson }}",
            "{{ ternary 1 2 (deepEqual . (deepCopy .)) }}",
            "{{ has 1.0 . }}",
            "{{ divf . 3 }}",
            "{{ printf \"%v|%q|%5.2f|%d|%x\" . . . . . }}",
        ]),
    );
}

#[test]
fn maps_merge_as_in_helm() {
    let ask = |dice: &mut Dice| Question {
        template: dice
            .pick(&[
                "{{ merge (index . 0) (index . 1) (index . 2) | toJson }} {{ toJson . }}",
                "{{ mergeOverwrite (index . 0) (index . 1) (index . 2) | toJson }} {{ toJson . }}",
                "{{ mustMerge (index . 0) (index . 1) | toJson }} {{ toJson . }}",
            ])
            .to_owned(),
        data: serde_json::Value::Array((0..3).map(|_| crate::generate::map(dice, 0)).collect()),
    };
    compare("merge", ask);
}

#[test]
fn strings_are_changed_as_in_helm() {
    compare(
        "strings",
        of_strings(&[
            "{{ trim .a }}|{{ trimAll .b .a }}|{{ trimSuffix .b .a }}|{{ trimPrefix .b .a }}",
            "{{ upper .a }} {{ lower .a }}",
            "{{ title .a }}",
            "{{ untitle .a }}",
            "{{ swapcase .a }}",
            "{{ nospace .a }}",
            "{{ initials .a }}",
            "{{ snakecase .a }}",
            "{{ kebabcase .a }}",
            "{{ camelcase .a }}",
            "{{ wrap (int .n) .a }}",
            "{{ wrapWith (int .n) .b .a }}",
            "{{ abbrev (int .n) .a }}",
            "{{ abbrevboth (int .n) 8 .a }}",
            "{{ trunc (int .n) .a }}",
            "{{ substr 1 (int .n) .a }}",
            "{{ replace .b \"x\" .a }}",
            "{{ splitList .b .a | toJson }}",
            "{{ split .b .a | toJson }}",
            "{{ splitn .b (int .n) .a | toJson }}",
            "{{ contains .b .a }} {{ hasPrefix .b .a }}",
            "{{ quote .a }} {{ squote .a }}",
            "{{ indent (int .n) .a }}",
            "{{ b64dec .a }}",
            "{{ b32dec .a }}",
            "{{ b64enc .a | b64dec }} {{ b32enc .a }}",
            "{{ sha256sum .a }} {{ adler32sum .a }}",
            "{{ atoi .a }}",
            "{{ int .a }} {{ float64 .a }}",
            "{{ base .a }}|{{ dir .a }}|{{ clean .a }}|{{ ext .a }}|{{ isAbs .a }}",
            "{{ regexQuoteMeta .a }}",
            "{{ repeat (int .n) .a }}",
            "{{ cat .a nil .b }}",
            "{{ dict .a .b | toYaml }}",
            "{{ .a | b64enc | b64dec | trunc (int .n) | toJson }}",
            "{{ .a | trunc (int .n) | upper }}",
            "{{ printf \"%q %x\" .a .b }}",
        ]),
    );
}

#[test]
fn texts_are_read_as_in_helm() {
    let ask = |dice: &mut Dice| Question {
        template: dice
            .pick(&[
                "{{ fromYaml .a | toJson }}",
                "{{ fromYamlArray .a | toJson }}",
                "{{ fromJson .a | toJson }}",
                "{{ fromJsonArray .a | toJson }}",
                "{{ mustFromJson .a | toJson }}",
                "{{ urlParse .a | toJson }}",
                "{{ urlParse .a | urlJoin }}",
                "{{ mustToDuration .a }}",
                "{{ durationRound .a }}",
                "{{ semver .a }}",
                "{{ semverCompare .a \"1.2.3\" }}",
            ])
            .to_owned(),
        data: serde_json::json!({"a": crate::generate::document(dice)}),
    };
    compare("readers", ask);
}

#[test]
fn patterns_match_as_in_helm() {
    let ask = |dice: &mut Dice| Question {
        template: dice
            .pick(&[
                "{{ regexMatch .p .a }}",
                "{{ mustRegexFind .p .a }}",
                "{{ mustRegexFindAll .p .a -1 | toJson }}",
                "{{ mustRegexReplaceAll .p .a .r }}",
                "{{ mustRegexSplit .p .a (int .n) | toJson }}",
                "{{ mustRegexReplaceAllLiteral .p .a .r }}",
                "{{ regexFind .p .a }}",
            ])
            .to_owned(),
        data: serde_json::json!({
            "p": crate::generate::pattern(dice), "a": crate::generate::subject(dice),
            "r": dice.pick(&["$1", "${1}x", "$0$0", "<$n>", "$$", "$", "${n", "$1x", "-"]), "n": dice.roll(5) as i64 - 1
        }),
    };
    compare("patterns", ask);
}

#[test]
fn dates_print_and_parse_as_in_helm() {
    let ask = |dice: &mut Dice| {
        Question {
        template: dice
            .pick(&[
                "{{ dateInZone .l (int64 .t) .z }}", "{{ mustToDate .l .s }}", "{{ toDate .l .s | toJson }}", "{{ toDate .l .s | date .l }}",
                "{{ dateInZone .l (toDate .l .s) .z }}", "{{ (toDate .l .s).AddDate 0 13 (int .n) }}", "{{ durationRoundTo .d .e }} {{ durationTruncateTo .d .e }}",
                "{{ mustDateModify .d (toDate .l .s) }}", "{{ (toDate .l .s).Month }} {{ (toDate .l .s).Weekday }} {{ (toDate .l .s).YearDay }} {{ (toDate .l .s).Unix }}",
            ])
            .to_owned(),
        data: crate::generate::dates(dice),
    }
    };
    compare("dates", ask);
}
