//! P4: asks WASI for everything, and tells what it got.
#![cfg(target_family = "wasm")]

use std::collections::HashMap;
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::{env, fs};

use guest_frame::json;
use sluice_plugin::Result;
use sluice_plugin::renderer::{Rendered, Request};

guest_frame::renderer!("nosy", render);

fn render(request: Request) -> Result<Rendered> {
    let config = guest_frame::config(&request.config);
    let counts = HashMap::from([(1, 1)]);
    let now = config["clock"]
        .is_boolean()
        .then(|| std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH));
    Ok(guest_frame::objects([json!({
        "hashed": counts.len(),
        "env": env::vars().count(),
        "args": env::args().count(),
        "read": fs::read("/etc/passwd").is_ok(),
        "list": fs::read_dir("/").is_ok(),
        "write": fs::write("/tmp/x", "x").is_ok(),
        "tcp": TcpStream::connect("127.0.0.1:80").is_ok(),
        "listen": TcpListener::bind("127.0.0.1:0").is_ok(),
        "udp": UdpSocket::bind("127.0.0.1:0").is_ok(),
        "dns": ("localhost", 80).to_socket_addrs().is_ok(),
        "now": now.and_then(std::result::Result::ok).map(|now| now.as_millis() as u64),
    })]))
}
