"""Lambda code runs: by hand, from SNS with a filter, from SQS, from Step Functions; it ends when it must."""

import io
import json
import time
import zipfile

import pytest

CODE = """
import json, os, time

def handler(event, context):
    print("got", json.dumps(event))
    if event.get("sleep"):
        time.sleep(event["sleep"])
    if event.get("eat"):
        x = bytearray(event["eat"] * 1024 * 1024)
    if event.get("fail"):
        raise ValueError("on purpose")
    if event.get("exit"):
        os._exit(3)
    left = context.get_remaining_time_in_millis()
    if "n" in event:
        return {"name": context.function_name}
    import boto3
    boto3.client("sqs").send_message(
        QueueUrl=os.environ["OUT"], MessageBody=json.dumps({"event": event, "id": context.aws_request_id}))
    return {"left": left, "name": context.function_name, "region": os.environ["AWS_REGION"]}
"""
TRUST = '{"Version":"2012-10-17","Statement":[]}'


@pytest.fixture
def function(aws):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app/handler.py", CODE)
    role = aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    out = aws.client("sqs").create_queue(QueueName="out")["QueueUrl"]
    aws.client("lambda").create_function(
        FunctionName="worker",
        Runtime="python3.11",
        Role=role,
        Handler="app.handler.handler",
        Code={"ZipFile": package.getvalue()},
        Timeout=20,
        MemorySize=200,
        Environment={"Variables": {"OUT": out}},
        DeadLetterConfig={"TargetArn": "arn:aws:sqs:eu-central-1:1:dead"},
    )
    return f"arn:aws:lambda:{aws.region}:{aws.account}:function:worker"


def invoke(aws, event):
    answer = aws.client("lambda").invoke(FunctionName="worker", Payload=json.dumps(event), LogType="Tail")
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def seen(aws):
    found = aws.client("sqs").receive_message(QueueUrl=aws.client("sqs").get_queue_url(QueueName="out")["QueueUrl"])
    return [json.loads(message["Body"])["event"] for message in found.get("Messages", [])]


def log(aws):
    events = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/worker")["events"]
    return "\n".join(event["message"] for event in events)


def test_code_runs_with_its_context_and_talks_to_this_sandbox(aws, function):
    error, answer = invoke(aws, {"a": 1})
    assert error is None
    assert 0 < answer["left"] <= 20_000
    assert (answer["name"], answer["region"]) == ("worker", aws.region)
    assert seen(aws) == [{"a": 1}]
    assert 'got {"a": 1}' in log(aws)
    assert "Max Memory Used" in log(aws)
    configuration = aws.client("lambda").get_function_configuration(FunctionName="worker")
    assert configuration["DeadLetterConfig"]["TargetArn"].endswith(":dead")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"fail": True}, "ValueError"),
        ({"sleep": 5}, "Sandbox.Timedout"),
        ({"eat": 300, "sleep": 0.2}, "Runtime.ExitError"),
        ({"exit": True}, "Runtime.ExitError"),
    ],
    ids=str,
)
def test_i6_code_that_fails_is_too_slow_or_too_big_ends_with_an_error(aws, function, event, kind):
    if kind == "Sandbox.Timedout":  # all others have time enough, on a busy machine too
        aws.client("lambda").update_function_configuration(FunctionName="worker", Timeout=1)
    error, answer = invoke(aws, event)
    assert error
    assert answer["errorType"] == kind
    assert seen(aws) == []


def test_sns_invokes_what_it_may_and_only_for_what_the_filter_lets_through(aws, function):
    sns = aws.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    rules = {"FilterPolicyScope": "MessageBody", "FilterPolicy": '{"eventType":["Reject"]}'}
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function, Attributes=rules)
    sns.publish(TopicArn=topic, Message='{"eventType":"Reject"}')
    assert seen(aws) == []
    assert [entry.target for entry in aws.refused] == [function]  # no permission yet
    aws.client("lambda").add_permission(
        FunctionName="worker", StatementId="s", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com",
        SourceArn=topic,
    )  # fmt: skip
    sns.publish(TopicArn=topic, Message='{"eventType":"Send"}')
    assert seen(aws) == []
    sns.publish(TopicArn=topic, Message='{"eventType":"Reject"}')
    (event,) = seen(aws)
    assert event["Records"][0]["Sns"]["TopicArn"] == topic
    assert json.loads(event["Records"][0]["Sns"]["Message"]) == {"eventType": "Reject"}


def test_an_sqs_mapping_invokes_and_deletes(aws, function):
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="in")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName="worker", BatchSize=1)
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    (event,) = seen(aws)
    assert event["Records"][0]["body"] == "hello"
    assert event["Records"][0]["eventSourceARN"] == arn
    waiting = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert waiting["Attributes"]["ApproximateNumberOfMessages"] == "0"


def test_a_state_machine_runs_a_map_of_functions(aws, function):
    machines = aws.client("stepfunctions")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "ResultSelector": {"name.$": "$.Payload.name"},
        "End": True,
    }
    each = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "One", "States": {"One": task}}
    definition = {"StartAt": "All", "States": {"All": {"Type": "Map", "ItemProcessor": each, "End": True}}}
    arn = machines.create_state_machine(
        name="m", definition=json.dumps(definition), roleArn=f"arn:aws:iam::{aws.account}:role/r"
    )["stateMachineArn"]
    run = machines.start_execution(stateMachineArn=arn, name="one", input='[{"n": 1}, {"n": 2}]')["executionArn"]
    deadline = time.monotonic() + 20
    while (found := machines.describe_execution(executionArn=run))["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", [{"name": "worker"}] * 2)
