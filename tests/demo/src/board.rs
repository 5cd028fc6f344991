//! The live view: rows that change in place on a terminal, plain lines everywhere else.

use std::io::{IsTerminal as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const TICK: Duration = Duration::from_millis(100);
const SPINNER: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/// Rows on the screen.
#[derive(Clone)]
pub struct Board {
    state: Arc<Mutex<State>>,
}

/// One row; it shows a spinner until it is done.
pub struct Row {
    board: Board,
    id: usize,
}

struct State {
    rows: Vec<Line>,
    /// Rows before this one are final and were printed for good.
    settled: usize,
    /// How many rows stand below the settled ones on the screen now.
    drawn: usize,
    terminal: bool,
    width: usize,
}

struct Line {
    name: String,
    text: String,
    started: Instant,
    done: bool,
}

impl Board {
    /// An empty board that redraws itself.
    pub fn start() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let width = if terminal { terminal_width() } else { usize::MAX };
        let state = State {
            rows: Vec::new(),
            settled: 0,
            drawn: 0,
            terminal,
            width,
        };
        let board = Self {
            state: Arc::new(Mutex::new(state)),
        };
        if terminal {
            let board = board.clone();
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(TICK).await;
                    board.lock().draw();
                }
            });
        }
        board
    }

    /// A heading.
    pub fn title(&self, text: &str) {
        let mut state = self.lock();
        state.draw();
        let text = if state.terminal {
            format!("\n\x1b[1m{text}\x1b[0m")
        } else {
            format!("\n{text}")
        };
        state.print_settled(&text);
    }

    /// A new row.
    pub fn row(&self, name: &str) -> Row {
        let mut state = self.lock();
        let line = Line {
            name: name.to_owned(),
            text: String::new(),
            started: Instant::now(),
            done: false,
        };
        state.rows.push(line);
        Row {
            board: self.clone(),
            id: state.rows.len() - 1,
        }
    }

    /// Ends the show with an error.
    pub fn fail(&self, text: &str) {
        let mut state = self.lock();
        state.draw();
        let mark = if state.terminal {
            "\x1b[31m✗\x1b[0m"
        } else {
            "FAILED"
        };
        println!("{mark} {text}");
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Row {
    /// Shows what is under way.
    pub fn show(&self, text: &str) {
        self.set(text, false);
    }

    /// Shows what came of it; the row does not change any more.
    pub fn done(self, text: &str) {
        self.set(text, true);
    }

    fn set(&self, text: &str, done: bool) {
        let mut state = self.board.lock();
        let terminal = state.terminal;
        let Some(line) = state.rows.get_mut(self.id) else {
            return;
        };
        if line.text == text && line.done == done {
            return;
        }
        text.clone_into(&mut line.text);
        line.done = done;
        if terminal {
            state.draw();
        } else {
            let mark = if done { "done" } else { "  .." };
            println!("{mark} {:<16} {text}", line.name);
        }
    }
}

impl State {
    /// Moves up over what is drawn, prints the rows that became final for good, and the others below them.
    fn draw(&mut self) {
        if !self.terminal {
            return;
        }
        let mut out = String::new();
        if self.drawn > 0 {
            out.push_str(&format!("\x1b[{}A", self.drawn));
        }
        let open = self
            .rows
            .iter()
            .position(|line| !line.done)
            .unwrap_or(self.rows.len());
        for line in &self.rows[self.settled..] {
            out.push_str(&format!("\r\x1b[K{}\n", line.render(self.width)));
        }
        self.drawn = self.rows.len() - open.max(self.settled);
        self.settled = self.settled.max(open);
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(out.as_bytes());
        let _ = stdout.flush();
    }

    fn print_settled(&mut self, text: &str) {
        println!("{text}");
        self.settled = self.rows.len();
        self.drawn = 0;
    }
}

impl Line {
    fn render(&self, width: usize) -> String {
        let elapsed = self.started.elapsed();
        let turn = (elapsed.as_millis() / TICK.as_millis()) as usize % SPINNER.len();
        let text: String = self.text.chars().take(width.saturating_sub(30)).collect();
        if self.done {
            format!(" \x1b[32m✓\x1b[0m {:<16} {text}", self.name)
        } else {
            format!(
                " \x1b[36m{}\x1b[0m {:<16} {text} \x1b[2m{:.1} s\x1b[0m",
                SPINNER[turn],
                self.name,
                elapsed.as_secs_f64()
            )
        }
    }
}

/// Columns of the terminal, as `stty` knows them.
fn terminal_width() -> usize {
    let output = Command::new("stty")
        .arg("size")
        .stdin(Stdio::inherit())
        .stderr(Stdio::null())
        .output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    text.split_whitespace()
        .nth(1)
        .and_then(|columns| columns.parse().ok())
        .filter(|columns| *columns > 40)
        .unwrap_or(100)
}
