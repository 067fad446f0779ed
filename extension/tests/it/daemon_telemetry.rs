//! What a daemon tells X-Ray of itself.

use std::time::Duration;

use lambda_xray_extension::daemon::telemetry::Recording;

use crate::fake_xray::Reply;
use crate::running::Setup;

#[tokio::test]
async fn x_ray_is_told_how_a_daemon_does_and_what_it_does_not_take_is_told_again() {
    let running = Setup::daemon().start().await;
    let mut config = running.config.clone();
    config.resource_arn = Some("arn:aws:ec2:eu-west-1:1:instance/i-1".to_owned());
    config.host.name = Some("here".to_owned());
    config.host.instance_id = Some("i-1".to_owned());
    running.xray.refuse_telemetry(1);
    let every = Duration::from_millis(20);
    let recording = Recording::begin(config, running.log.clone(), running.asks.clone(), every);
    running.xray.reply([Reply::Refuse(500, "InternalFailure")]);
    running.document("one");
    running.xray.stored(1).await;
    running.xray.told(3).await;
    running
        .said_in_time(&["X-Ray is not told how this daemon does"])
        .await;
    running.document("two");
    running.xray.stored(2).await;
    let xray = running.xray.clone();
    let report = running.stop().await;
    recording.end(report).await;
    let calls = xray.telemetry();
    for (field, value) in [
        ("ResourceARN", "arn:aws:ec2:eu-west-1:1:instance/i-1"),
        ("Hostname", "here"),
        ("EC2InstanceId", "i-1"),
    ] {
        assert_eq!(calls[0][field], value);
    }
    let records = calls
        .iter()
        .flat_map(|call| call["TelemetryRecords"].as_array().unwrap());
    let mut totals = [0; 3];
    for record in records {
        let counts = [
            &record["SegmentsReceivedCount"],
            &record["SegmentsSentCount"],
            &record["BackendConnectionErrors"]["HTTPCode5XXCount"],
        ];
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += count.as_u64().unwrap();
        }
    }
    assert_eq!(totals, [2, 2, 1]);
}
