//! An invocation with nothing in it.

use std::future::Future;
use std::hint::black_box;
use std::net::UdpSocket;
use std::pin::pin;
use std::task::{self, Waker};

use lambda_runtime::tower::Layer;
use lambda_runtime::{LambdaEvent, Service, service_fn};
use xray_segment::datagram::Datagram;

use crate::Error;
use crate::measure::{Cost, measure};
use crate::xray::{context, layer_to};

/// Through the wrapper, to an extension that answered its hello.
pub fn wrapped(sampled: bool) -> Result<Cost, Error> {
    let extension = UdpSocket::bind("127.0.0.1:0")?;
    let layer = layer_to(&extension.local_addr()?.to_string());
    welcome(&extension)?;
    Ok(of(layer.layer(service_fn(answer)), sampled))
}

/// The handler alone: what an event and its context cost by themselves.
pub fn bare() -> Cost {
    of(service_fn(answer), true)
}

async fn answer(_: LambdaEvent<()>) -> Result<(), Error> {
    Ok(())
}

fn of(mut service: impl Service<LambdaEvent<()>>, sampled: bool) -> Cost {
    let context = context(sampled);
    let one = |_| {
        let event = LambdaEvent::new((), context.clone());
        let answer = pin!(service.call(event));
        let mut waker = task::Context::from_waker(Waker::noop());
        assert!(
            black_box(answer.poll(&mut waker)).is_ready(),
            "the wrapper waits for something"
        );
    };
    measure(one, || ())
}

/// Answers the hello as the extension does.
fn welcome(extension: &UdpSocket) -> Result<(), Error> {
    let mut buffer = [0; 512];
    loop {
        let (length, from) = extension.recv_from(&mut buffer)?;
        if let Ok(Datagram::Hello) = Datagram::parse(buffer.get(..length).unwrap_or_default()) {
            let version = "0.1.0".into();
            extension.send_to(&Datagram::Welcome { version }.to_bytes(), from)?;
            return Ok(());
        }
    }
}
