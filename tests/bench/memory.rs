//! Memory when nothing goes out: documents come until the buffer is full, and then as many again.

use crate::Row;
use crate::daemon::Which;
use crate::endpoint::Answers;
use crate::load::Load;

/// As in Lambda.
const BUFFER_MB: u32 = 16;

/// Twice what there is room for.
const LOAD: Load = Load {
    documents: 60_000,
    rate: 20_000,
    answers: Answers::Never,
    buffer_mb: Some(BUFFER_MB),
};

/// The most memory there was, with X-Ray hanging.
pub(crate) async fn measure(peer: Option<&Which>) -> Vec<Row> {
    let megabytes = LOAD.put_on(&Which::Ours).await.megabytes;
    let what = format!("memory, {BUFFER_MB} MB of documents waiting and as many dropped");
    let mut rows = vec![Row::new(what, format!("{megabytes:.1} MB"), "24 MB")];
    if let Some(peer) = peer {
        let megabytes = LOAD.put_on(peer).await.megabytes;
        rows.push(Row::new("    the peer", format!("{megabytes:.1} MB"), ""));
    }
    rows
}
