//! Where the application runs, as its segments say it: the `origin` that the trace map draws, and the instance, container or pod in `aws`.
//!
//! Asked for once, at start. Each platform answers at an address or in a file that is there nowhere else, so asking for all of them is safe; elsewhere it
//! costs the time that the instance's metadata service does not answer in.

mod beanstalk;
mod ec2;
mod ecs;
mod eks;

use std::time::Duration;

use xray_segment::document::{Aws, CloudWatchLogs};

use crate::neighbour::Neighbour;

/// A service on this host answers within a millisecond or two, if it is there at all.
const PATIENCE: Duration = Duration::from_millis(500);

/// Where applications run that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// An EC2 instance, by its metadata service.
    Ec2,
    /// An ECS container, by its task metadata.
    Ecs,
    /// An EKS pod, by its host name and control group. The cluster's name has to be given: [`Resource::eks_cluster`].
    Eks,
    /// An Elastic Beanstalk environment, by the file that its setting for X-Ray writes.
    ElasticBeanstalk,
}

impl Platform {
    /// From the outermost to the one that says most: of several, the last gives the origin.
    pub const ALL: [Self; 4] = [Self::Ec2, Self::Ecs, Self::Eks, Self::ElasticBeanstalk];

    /// What segments name it.
    pub const fn origin(self) -> &'static str {
        match self {
            Self::Ec2 => "AWS::EC2::Instance",
            Self::Ecs => "AWS::ECS::Container",
            Self::Eks => "AWS::EKS::Container",
            Self::ElasticBeanstalk => "AWS::ElasticBeanstalk::Environment",
        }
    }
}

/// Where the application runs.
///
/// ```no_run
/// use lambda_xray::recorder::{Platform, Recorder, Resource};
///
/// let resource = Resource::detect(&[Platform::Ecs]);
/// let recorder = Recorder::builder().resource(resource).build();
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    platform: Option<Platform>,
    aws: Aws<'static>,
}

/// What is asked of the process's surroundings; a test brings its own.
pub(super) struct Surroundings<'s> {
    pub(super) lookup: &'s dyn Fn(&str) -> Option<String>,
    pub(super) read: &'s dyn Fn(&str) -> Option<String>,
}

impl Surroundings<'_> {
    fn text(&self, variable: &str) -> Option<String> {
        (self.lookup)(variable).filter(|value| !value.is_empty())
    }
}

fn service(url: &str) -> Option<Neighbour> {
    Neighbour::at(url, PATIENCE)
}

impl Resource {
    /// Asks these platforms, and takes the log group from `AWS_LOG_GROUP`. Blocks the thread until they have answered: a few milliseconds where the
    /// application runs on them, up to two seconds for EC2's metadata service where it does not.
    pub fn detect(platforms: &[Platform]) -> Self {
        Self::detect_in(
            platforms,
            &Surroundings {
                lookup: &|name| std::env::var(name).ok(),
                read: &|path| std::fs::read_to_string(path).ok(),
            },
        )
    }

    fn detect_in(platforms: &[Platform], surroundings: &Surroundings<'_>) -> Self {
        let mut found = Self::default();
        if let Some(group) = surroundings.text("AWS_LOG_GROUP") {
            found.add_log_group(group);
        }
        let asked = Platform::ALL.into_iter();
        for platform in asked.filter(|platform| platforms.contains(platform)) {
            if found.ask(platform, surroundings).is_some() {
                found.platform = Some(platform);
            }
        }
        found
    }

    /// Says the name of the EKS cluster.
    #[must_use]
    pub fn eks_cluster(mut self, name: impl Into<String>) -> Self {
        self.aws.eks.get_or_insert_default().cluster_name = Some(name.into().into());
        self
    }

    /// Says a log group of the application, so that the console shows its lines beside the trace.
    #[must_use]
    pub fn log_group(mut self, name: impl Into<String>) -> Self {
        self.add_log_group(name.into());
        self
    }

    /// What kind of resource it is: the segments' `origin`, and the service type that sampling rules ask for.
    pub fn origin(&self) -> Option<&'static str> {
        self.platform.map(Platform::origin)
    }

    /// What segments say of it.
    pub fn aws(&self) -> &Aws<'static> {
        &self.aws
    }

    fn ask(&mut self, platform: Platform, surroundings: &Surroundings<'_>) -> Option<()> {
        match platform {
            Platform::Ec2 => self.aws.ec2 = Some(ec2::ask(surroundings)?),
            Platform::Ecs => {
                let container = ecs::ask(surroundings)?;
                self.aws.ecs = Some(container.ecs);
                container
                    .log_group
                    .into_iter()
                    .for_each(|group| self.add_log_group(group));
            }
            Platform::Eks => self.aws.eks = Some(eks::ask(surroundings)?),
            Platform::ElasticBeanstalk => {
                self.aws.elastic_beanstalk = Some(beanstalk::ask(surroundings)?);
            }
        }
        Some(())
    }

    fn add_log_group(&mut self, name: String) {
        let group = CloudWatchLogs {
            log_group: Some(name.into()),
            arn: None,
        };
        if !self.aws.cloudwatch_logs.contains(&group) {
            self.aws.cloudwatch_logs.push(group);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener};
    use std::thread;

    use serde_json::{Value, json};

    use super::*;

    /// Answers each request by its first line; ends with the last of `expected`.
    fn serve(expected: &'static [(&'static str, &'static str)]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for (line, body) in expected {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 1024];
                let length = stream.read(&mut request).unwrap();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                assert!(request.starts_with(line), "{request}");
                let length = body.len();
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
                stream.write_all((head + body).as_bytes()).unwrap();
            }
        });
        address
    }

    fn detect(platform: Platform, variables: &[(&str, String)], file: (&str, &str)) -> Value {
        let surroundings = Surroundings {
            lookup: &|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.clone())
            },
            read: &|path| (path == file.0).then(|| file.1.to_owned()),
        };
        let found = Resource::detect_in(&[platform], &surroundings);
        json!({ "origin": found.origin(), "aws": found.aws() })
    }

    #[test]
    fn an_instance_is_asked_with_a_token() {
        let address = serve(&[
            ("PUT /latest/api/token HTTP/1.1", "secret"),
            (
                "GET /latest/dynamic/instance-identity/document HTTP/1.1",
                r#"{"instanceId":"i-1","availabilityZone":"eu-west-1a","instanceType":"t3.micro","imageId":"ami-1"}"#,
            ),
        ]);
        let endpoint = (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            format!("http://{address}"),
        );
        let expected = json!({
            "origin": "AWS::EC2::Instance",
            "aws": { "ec2": {
                "instance_id": "i-1",
                "availability_zone": "eu-west-1a",
                "instance_size": "t3.micro",
                "ami_id": "ami-1",
            } },
        });
        assert_eq!(detect(Platform::Ec2, &[endpoint], ("", "")), expected);
    }

    #[test]
    fn a_container_knows_its_task_and_its_logs() {
        let address = serve(&[
            (
                "GET /v4/abc HTTP/1.1",
                r#"{"DockerId":"abc","ContainerARN":"arn:c","LogOptions":{"awslogs-group":"/ecs/shop"}}"#,
            ),
            (
                "GET /v4/abc/task HTTP/1.1",
                r#"{"Cluster":"arn:k","TaskARN":"arn:t","Family":"shop","LaunchType":"FARGATE","AvailabilityZone":"eu-west-1a"}"#,
            ),
        ]);
        let variables = [
            (
                "ECS_CONTAINER_METADATA_URI_V4",
                format!("http://{address}/v4/abc"),
            ),
            ("HOSTNAME", "ip-10-0-0-1".to_owned()),
        ];
        let expected = json!({
            "origin": "AWS::ECS::Container",
            "aws": {
                "ecs": {
                    "container": "ip-10-0-0-1",
                    "container_id": "abc",
                    "container_arn": "arn:c",
                    "task_arn": "arn:t",
                    "task_family": "shop",
                    "cluster_arn": "arn:k",
                    "launch_type": "FARGATE",
                    "availability_zone": "eu-west-1a",
                },
                "cloudwatch_logs": [{ "log_group": "/ecs/shop" }],
            },
        });
        assert_eq!(detect(Platform::Ecs, &variables, ("", "")), expected);
    }

    #[test]
    fn a_pod_knows_its_name_and_its_container() {
        let variables = [
            ("KUBERNETES_SERVICE_HOST", "10.0.0.1".to_owned()),
            ("HOSTNAME", "shop-7d4".to_owned()),
        ];
        let id = "0123456789abcdef".repeat(4);
        let groups = format!("12:cpu:/kubepods/besteffort/pod1/{id}\n0::/\n");
        let expected = json!({
            "origin": "AWS::EKS::Container",
            "aws": { "eks": { "pod": "shop-7d4", "container_id": id } },
        });
        let file = ("/proc/self/cgroup", groups.as_str());
        assert_eq!(detect(Platform::Eks, &variables, file), expected);
    }

    #[test]
    fn an_environment_is_read_from_its_file() {
        let file = (
            "/var/elasticbeanstalk/xray/environment.conf",
            r#"{"deployment_id":32,"version_label":"app-1","environment_name":"shop-prod"}"#,
        );
        let expected = json!({
            "origin": "AWS::ElasticBeanstalk::Environment",
            "aws": { "elastic_beanstalk": {
                "environment_name": "shop-prod",
                "version_label": "app-1",
                "deployment_id": 32,
            } },
        });
        assert_eq!(detect(Platform::ElasticBeanstalk, &[], file), expected);
    }

    #[test]
    fn elsewhere_there_is_nothing() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", nobody.local_addr().unwrap());
        drop(nobody);
        let variables = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint)];
        for platform in Platform::ALL {
            let nothing = json!({ "origin": null, "aws": {} });
            assert_eq!(detect(platform, &variables, ("", "")), nothing);
        }
    }

    #[test]
    fn a_log_group_is_said_once() {
        let variables = [("AWS_LOG_GROUP", "shop".to_owned())];
        let found = detect(Platform::Ecs, &variables, ("", ""));
        assert_eq!(
            found["aws"]["cloudwatch_logs"],
            json!([{ "log_group": "shop" }])
        );
        let resource = Resource::default().log_group("a").log_group("a");
        assert_eq!(resource.aws().cloudwatch_logs.len(), 1);
    }
}
