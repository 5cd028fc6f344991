//! Questions and answers, of ours and of the oracle.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::rc::Rc;

use serde_json::Value as Json;
use sluice_go_template::{Context, Limits, MissingKey, TemplateSet};
use sluice_sprig::json::{Target, read};
use sluice_sprig::{Environment, functions};

/// Output or error of a template.
pub type Answer = Result<Vec<u8>, String>;

/// A template and its data.
pub struct Question {
    pub template: String,
    pub data: Json,
}

/// Evaluates a template with our functions.
pub fn ours(question: &Question) -> Answer {
    let data = read(question.data.to_string().as_bytes(), Target::Any).map_err(|error| error.to_string())?;
    let table = functions(Environment::new(1_700_000_000, [7; 32]));
    let mut set = TemplateSet::new("t", table, MissingKey::Zero);
    let mut context = Context::new(Limits::default());
    set.parse("t", question.template.as_str(), &context)
        .map_err(|error| error.to_string())?;
    let output = Rc::new(set).execute(&mut context, b"t", data);
    output.map_err(|error| error.to_string())
}

/// Asks the oracle all questions at once.
pub fn theirs(oracle: &std::ffi::OsStr, questions: &[Question]) -> Vec<Answer> {
    let mut child = Command::new(oracle)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the oracle starts");
    let mut stdin = child.stdin.take().expect("stdin");
    let mut input = Vec::new();
    for question in questions {
        let request = serde_json::json!({"template": question.template, "data": question.data});
        input.extend(request.to_string().into_bytes());
        input.push(b'\n');
    }
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the oracle ends");
    writer.join().expect("writer").expect("all written");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let answers: Vec<Answer> = text.lines().map(parse_answer).collect();
    assert_eq!(answers.len(), questions.len(), "one answer a question");
    answers
}

fn parse_answer(line: &str) -> Answer {
    let answer: Json = serde_json::from_str(line).expect("JSON");
    match answer.get("error").and_then(Json::as_str) {
        Some(error) => Err(error.to_owned()),
        None => Ok(decode(answer.get("output"))),
    }
}

/// Output is base64, because it may be any bytes.
pub fn decode(output: Option<&Json>) -> Vec<u8> {
    let encoded = output.and_then(Json::as_str).unwrap_or_default();
    sluice_sprig::crypto::decode_base64(encoded.as_bytes()).expect("base64")
}

/// Whether two answers are the same; of errors, what the function said.
pub fn agree(ours: &Answer, theirs: &Answer) -> bool {
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => ours == theirs,
        (Err(ours), Err(theirs)) => said(ours) == said(theirs),
        _ => false,
    }
}

fn said(error: &str) -> &str {
    error.split_once("error calling ").map_or(error, |(_, said)| said)
}

/// A difference for a report.
pub fn difference(question: &Question, ours: &Answer, theirs: &Answer) -> String {
    let shown = |answer: &Answer| match answer {
        Ok(output) => format!("{:?}", String::from_utf8_lossy(output)),
        Err(error) => format!("error {error:?}"),
    };
    let (template, data) = (&question.template, &question.data);
    format!(
        "{template}\n  data   {data}\n  ours   {}\n  theirs {}\n",
        shown(ours),
        shown(theirs)
    )
}
