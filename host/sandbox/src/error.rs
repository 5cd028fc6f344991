//! Why a component was not loaded or a call gave no result. Every error names the plugin, its digest and the function.

use std::fmt;
use std::time::Duration;

use sluice_model::Digest;
use sluice_model::condition::reasons;

/// The sandbox itself cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The engine refuses its settings.
    #[error("failed to create the wasm engine: {0}")]
    Engine(String),
    /// The host functions do not link: a defect of this build.
    #[error("failed to link the host functions: {0}")]
    Link(String),
    /// The ticker thread that interrupts guests does not start.
    #[error("failed to start the thread that interrupts plugins: {0}")]
    Ticker(std::io::Error),
    /// The folder for compiled plugins cannot be used.
    #[error("failed to use {path} as the folder for compiled plugins: {reason}")]
    Cache {
        /// The folder.
        path: String,
        /// Why.
        reason: String,
    },
}

/// A component that was refused.
#[derive(Debug, Clone, thiserror::Error)]
#[error("failed to load component {digest}: {failure}")]
pub struct LoadError {
    /// Of the component.
    pub digest: Digest,
    /// Why.
    pub failure: LoadFailure,
}

/// Why a component was refused.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LoadFailure {
    /// The file is larger than the operator allows.
    #[error("it has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Bytes of the file.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A core module, without a contract.
    #[error("it is a core module; build a component (target wasm32-wasip2)")]
    CoreModule,
    /// Machine code is never accepted from outside.
    #[error("it is precompiled machine code; only portable components are loaded")]
    Precompiled,
    /// Not WebAssembly, or broken.
    #[error("it is no valid component: {0}")]
    Malformed(String),
    /// So many functions or modules that compiling it would be an attack.
    #[error("it has {count} {what}, more than the limit of {limit}")]
    TooComplex {
        /// What there is too much of.
        what: &'static str,
        /// How many.
        count: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// It asks for a power that its world does not have or that was not granted.
    #[error("import {import} is refused: {why}")]
    BadImport {
        /// The interface's full name.
        import: String,
        /// Whether unknown, outside the world, or not granted.
        why: ImportRefusal,
    },
    /// It is made for another contract or version.
    #[error("it does not fit the contract sluice:plugin@0.1: {0}")]
    ContractMismatch(String),
    /// The compiler gave up.
    #[error("failed to compile: {0}")]
    Compile(String),
    /// `describe` failed.
    #[error("failed to describe itself: {0}")]
    Describe(Box<Failure>),
    /// What `describe` gave is not acceptable.
    #[error("its description is invalid: {field} {problem}")]
    InvalidDescription {
        /// Field of the description.
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
}

/// Why an import is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefusal {
    /// No such interface in the contract.
    #[error("this host provides no such interface")]
    Unknown,
    /// In the contract, but not in the component's world.
    #[error("the world of this plugin does not have it")]
    OutsideWorld,
    /// In the world, but the operator did not grant it.
    #[error("it was not granted; add it to the plugin's grants")]
    NotGranted,
}

impl LoadError {
    /// The condition reason.
    pub fn reason(&self) -> &'static str {
        match &self.failure {
            LoadFailure::BadImport { .. } => reasons::PLUGIN_IMPORT_DENIED,
            LoadFailure::ContractMismatch(_) => reasons::PLUGIN_CONTRACT_MISMATCH,
            LoadFailure::Describe(failure) => failure.reason(),
            _ => reasons::PLUGIN_INVALID,
        }
    }
}

/// A call that gave no result.
#[derive(Debug, Clone, thiserror::Error)]
#[error("plugin {plugin} ({digest}): {function}: {failure}")]
pub struct CallError {
    /// The plugin's name.
    pub plugin: String,
    /// Of its component.
    pub digest: Digest,
    /// The export that was called, for example `render`.
    pub function: &'static str,
    /// Why.
    pub failure: Failure,
}

/// Which clock ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Time since the call began.
    Wall,
    /// Time the guest computed.
    Cpu,
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wall => "wall clock",
            Self::Cpu => "CPU",
        })
    }
}

/// Why a call gave no result.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The guest crashed.
    #[error("trapped{}: {message}", During(*.import))]
    Trap {
        /// The kind of trap and the last line the guest wrote to standard error.
        message: String,
        /// The host function that was running.
        import: Option<&'static str>,
    },
    /// The guest wanted more memory than its limit.
    #[error("reached its memory limit of {limit} bytes")]
    MemoryLimit {
        /// Bytes.
        limit: u64,
    },
    /// The guest wanted more of something countable than its limit.
    #[error("reached its limit of {limit} {resource}")]
    ResourceLimit {
        /// For example `handles`.
        resource: &'static str,
        /// How many are allowed.
        limit: u64,
    },
    /// The guest ran too long.
    #[error("reached its {clock} limit of {limit:?}{}", During(*.import))]
    Timeout {
        /// Which clock.
        clock: Clock,
        /// How long was allowed.
        limit: Duration,
        /// The host function it was waiting in.
        import: Option<&'static str>,
    },
    /// The guest gave more than its limit.
    #[error("reached its output limit of {limit} bytes{}", During(*.import))]
    OutputLimit {
        /// Bytes.
        limit: u64,
        /// The host function that received too much; none for the result of the call.
        import: Option<&'static str>,
    },
    /// The component has no such export.
    #[error("it has no world {world}")]
    NoSuchWorld {
        /// For example `renderer-plugin`.
        world: &'static str,
    },
    /// The component does not link: it was made for another contract.
    #[error("it does not fit the contract sluice:plugin@0.1: {0}")]
    ContractMismatch(String),
    /// The config does not fit the plugin's schema; the guest was not called.
    #[error("config is invalid: {0}")]
    InvalidConfig(String),
    /// The result breaks the contract.
    #[error("gave an invalid result: {0}")]
    InvalidOutput(String),
    /// The guest said so itself.
    #[error(transparent)]
    Guest(GuestError),
    /// The host itself failed; the call may be tried again.
    #[error("the host failed: {0}")]
    Host(String),
}

struct During(Option<&'static str>);

impl fmt::Display for During {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |import| write!(f, " in {import}"))
    }
}

/// An error of the contract, as the guest gave it; text is bounded and without control characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuestError {
    /// Only a change of spec helps.
    #[error("{0}")]
    InvalidConfig(String),
    /// What was asked for does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The remote or a policy refused.
    #[error("{0}")]
    Denied(String),
    /// May work later.
    #[error("{message}")]
    Transient {
        /// What failed.
        message: String,
        /// Least wait, in milliseconds.
        after_ms: Option<u64>,
    },
    /// Wants these as inputs of another call.
    #[error("needs more inputs: {}", .0.join(", "))]
    NeedsInput(Vec<String>),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl Failure {
    /// The condition reason. A stage may have a better name for what the guest itself said.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Trap { .. } | Self::Host(_) => reasons::PLUGIN_TRAPPED,
            Self::MemoryLimit { .. } => reasons::PLUGIN_MEMORY_LIMIT,
            Self::ResourceLimit { .. } => reasons::PLUGIN_RESOURCE_LIMIT,
            Self::Timeout { .. } => reasons::PLUGIN_TIMEOUT,
            Self::OutputLimit { .. } => reasons::PLUGIN_OUTPUT_LIMIT,
            Self::NoSuchWorld { .. } | Self::ContractMismatch(_) => reasons::PLUGIN_CONTRACT_MISMATCH,
            Self::InvalidConfig(_) | Self::Guest(GuestError::InvalidConfig(_)) => reasons::INVALID_CONFIG,
            Self::InvalidOutput(_) => reasons::PLUGIN_INVALID,
            Self::Guest(GuestError::Denied(_)) => reasons::ACCESS_DENIED,
            Self::Guest(_) => reasons::FAILED,
        }
    }

    /// A short name for metrics.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Trap { .. } => "trap",
            Self::MemoryLimit { .. } => "memory_limit",
            Self::ResourceLimit { .. } => "resource_limit",
            Self::Timeout { .. } => "timeout",
            Self::OutputLimit { .. } => "output_limit",
            Self::NoSuchWorld { .. } | Self::ContractMismatch(_) => "contract_mismatch",
            Self::InvalidConfig(_) => "invalid_config",
            Self::InvalidOutput(_) => "invalid_output",
            Self::Guest(_) => "error",
            Self::Host(_) => "host",
        }
    }
}

impl CallError {
    /// The condition reason.
    pub fn reason(&self) -> &'static str {
        self.failure.reason()
    }

    /// What the guest itself said, when it did.
    pub fn guest(&self) -> Option<&GuestError> {
        match &self.failure {
            Failure::Guest(error) => Some(error),
            _ => None,
        }
    }

    /// Whether only a change of spec, or of the plugin, helps.
    pub fn is_stalled(&self) -> bool {
        match &self.failure {
            Failure::InvalidConfig(_) | Failure::NoSuchWorld { .. } | Failure::ContractMismatch(_) => true,
            Failure::Guest(error) => matches!(error, GuestError::InvalidConfig(_)),
            _ => false,
        }
    }
}
